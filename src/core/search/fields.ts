// The field table of a target: what is searched, by which rules, and the one description of the fields that conditions
// can name. For each field it says the type, how to read it in memory, and where the database has it.

import type { DataAttribute, Json } from '../model/model.ts';

/**
 * The type of a field. `id`: a decimal number that the wire shows as text. `time`: Unix seconds. `list`: of ids, as
 * texts. `words`: a text that `=` and `IN` search word by word (contract G 2). `any`: what a custom attribute holds.
 * `mapping`: of plain values.
 */
export type FieldType =
  | 'text'
  | 'id'
  | 'number'
  | 'boolean'
  | 'time'
  | 'list'
  | 'words'
  | 'any'
  | 'mapping';

/** How a target reads the operators (contract C, G 1 to 6). */
export type Semantics = {
  /** `<` and `>` hold for an equal value too. */
  readonly isInclusive: boolean;
  /** Times are compared by their days in UTC. */
  readonly comparesDays: boolean;
};

/** A field of the objects that are searched. */
export type SearchField<Source> = {
  readonly type: FieldType;
  /** Case does not matter for `=` and `IN` either. */
  readonly ignoresCase?: true;
  /** A time that is compared by its day in UTC, whatever the target. */
  readonly isDay?: true;
  /** The value; null when it is missing. */
  readonly read: (source: Source) => Json;
};

/** Fields whose names are data: everything after the prefix is the name, dots included. */
export type FieldFamily<Source> = {
  readonly prefix: string;
  readonly read: (source: Source, name: string) => Json;
};

export type FieldTable<Source> = {
  readonly semantics: Semantics;
  readonly fields: ReadonlyMap<string, SearchField<Source>>;
  readonly families: readonly FieldFamily<Source>[];
  /** The names, with the prefix, of those fields of families that are times: they are compared by day. */
  readonly days?: ReadonlySet<string>;
};

/** Where the database keeps the keys of lists and attributes, by which it finds rows. */
export type KeyTable = {
  readonly table: string;
  readonly column: string;
  /** The id and the tags of the row that is found. */
  readonly id: string;
  readonly tagIds: string;
};

export type Keyed = { readonly keys: KeyTable; readonly kind: 'tag' | 'attribute' };

/** A column with a time in units, for an index that a change within the unit leaves alone. */
export type Coarse = { readonly sql: string; readonly unitSeconds: number };

/** What the database knows of a field besides its value: how rows are found by it. */
type Finders = {
  /** Where it has the text in lower case. */
  readonly folded?: string;
  readonly keyed?: Keyed;
  readonly coarse?: Coarse;
  /** The rows that each have a text of it, from `from` on. */
  readonly within?: string;
  /** Who takes part in a conversation. */
  readonly person?: 'author id' | 'author email' | 'member' | 'teammate';
};

/** A field of a stored target. `sql` is an expression over the aliases that store/search/ gives to the rows. */
export type StoredField<Source> = SearchField<Source> & Finders & { readonly sql: string };

/** A family of which the database has a JSON object. */
export type StoredFamily<Source> = FieldFamily<Source> & {
  readonly sql: string;
  readonly keyed: Keyed;
};

/** A target that the database can search too. */
export type StoredTable<Source> = {
  readonly semantics: Semantics;
  readonly fields: ReadonlyMap<string, StoredField<Source>>;
  readonly families: readonly StoredFamily<Source>[];
  readonly days?: ReadonlySet<string>;
};

/** Finds a field by its name; null when there is no such field. */
export function findField<Source>(
  { fields, families, days }: FieldTable<Source>,
  name: string,
): SearchField<Source> | null {
  const field = fields.get(name);
  if (field !== undefined) return field;
  const found = findFamily(families, name);
  if (found === null) return null;
  const read = (source: Source) => found.family.read(source, found.name);
  return days?.has(name) ? { type: 'time', isDay: true, read } : { type: 'any', read };
}

/** Adds the custom attributes of a workspace that are dates or times: they are compared by day (contract G 3). */
export function withDays<Source>(
  table: StoredTable<Source>,
  definitions: readonly Pick<DataAttribute, 'model' | 'name' | 'dataType'>[],
  model: DataAttribute['model'],
): StoredTable<Source> {
  const names = definitions
    .filter(
      (one) => one.model === model && (one.dataType === 'date' || one.dataType === 'datetime'),
    )
    .map(({ name }) => `custom_attributes.${name}`);
  return { ...table, days: new Set(names) };
}

/** The family that a name belongs to, and the name within it. */
export function findFamily<Family extends { readonly prefix: string }>(
  families: readonly Family[],
  name: string,
): { readonly family: Family; readonly name: string } | null {
  const family = families.find(({ prefix }) => name.startsWith(prefix));
  return family === undefined ? null : { family, name: name.slice(family.prefix.length) };
}
