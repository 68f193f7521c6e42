// The context that the readers of a workflow file share: resolves names, collects findings and resolves targets.

import type { FieldReader, Path } from '../../../base/text-files/field-reader.ts';
import type { DataAttribute } from '../../model/model.ts';
import type { Target } from '../definition.ts';

/** An error in a workflow file, or a warning about it. */
export type Finding = {
  /** The id of the step, or `#3` for the third one without an id; null: the workflow as a whole. */
  readonly step: string | null;
  /** The location in the file. */
  readonly path: Path;
  readonly reason: string;
  readonly remedy: string;
  /** Set for a warning: the file can still be used. */
  readonly isWarning?: true;
};

/** The kinds of things that a workflow can name. */
export type NamedKind = 'channel' | 'team' | 'admin' | 'tag' | 'workflow' | 'attribute' | 'secret';

/** Resolves names to ids; undefined where nothing has the name. */
export type NameResolver = {
  readonly channel: (name: string) => number | undefined;
  readonly team: (name: string) => number | undefined;
  /** Finds an admin by e-mail or name; `ambiguous` if several have the name. */
  readonly admin: (nameOrEmail: string) => number | 'ambiguous' | undefined;
  readonly tag: (name: string) => number | undefined;
  readonly workflow: (name: string) => number | undefined;
  readonly attribute: (
    model: DataAttribute['model'],
    name: string,
  ) => Pick<DataAttribute, 'dataType' | 'options'> | undefined;
  /** Whether a secret has the name; its value is not read. */
  readonly hasSecret: (name: string) => boolean;
  /** Lists the existing names, to suggest one. */
  readonly namesOf: (kind: NamedKind) => readonly string[];
};

/** Assumes that every name exists, each with its own id, for checks without a database. */
export const acceptEveryName: NameResolver = {
  channel: idOfName,
  team: idOfName,
  admin: idOfName,
  tag: idOfName,
  workflow: idOfName,
  attribute: () => ({ dataType: 'string', options: [] }),
  hasSecret: () => true,
  namesOf: () => [],
};

/** Derives a positive number from the name alone (FNV-1a, 52 bits). */
function idOfName(name: string): number {
  let high = 0x811c9dc5;
  let low = 0xcbf29ce4;
  for (let index = 0; index < name.length; index += 1) {
    high = Math.imul(high ^ name.charCodeAt(index), 0x01000193);
    low = Math.imul(low ^ name.charCodeAt(index), 0x0100019d);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0) + 1;
}

/** The context of one step while it is read. */
export type ReadingContext = {
  readonly id: string;
  readonly fields: FieldReader;
  readonly names: NameResolver;
  /** The default target: the following step. */
  readonly following: Target;
  /** Reads the id of a step, or `end`. */
  readonly target: (fields: FieldReader, key: string, fallback: Target) => Target;
  readonly warn: (fields: FieldReader, below: Path, reason: string, remedy: string) => void;
};
