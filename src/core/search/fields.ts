// The field table: the one description of the fields that conditions can name; the caller of a search passes it in. For
// each field it says the type and how to read it in memory; the SQL expression of a field belongs beside `read`.

import type { Json } from '../model/model.ts';

/** The type of a field. `time`: Unix seconds. `list` and `mapping`: of plain values. */
export type FieldType = 'text' | 'number' | 'boolean' | 'time' | 'list' | 'mapping' | 'any';

/** A field of the objects that are searched. */
export type SearchField<Source> = {
  readonly type: FieldType;
  /** The value; null when it is missing. */
  readonly read: (source: Source) => Json;
};

/** Fields whose names are data: everything after the prefix is the name, dots included. */
export type FieldFamily<Source> = {
  readonly prefix: string;
  readonly read: (source: Source, name: string) => Json;
};

export type FieldTable<Source> = {
  readonly fields: ReadonlyMap<string, SearchField<Source>>;
  readonly families: readonly FieldFamily<Source>[];
};

/** Reads a field by its name; null if the value is missing or there is no such field. */
export function readField<Source>(
  { fields, families }: FieldTable<Source>,
  source: Source,
  name: string,
): Json {
  const field = fields.get(name);
  if (field !== undefined) return field.read(source);
  const family = families.find(({ prefix }) => name.startsWith(prefix));
  return family === undefined ? null : family.read(source, name.slice(family.prefix.length));
}
