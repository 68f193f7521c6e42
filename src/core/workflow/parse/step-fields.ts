// Reads the fields that several kinds of steps share: the next step, a time limit, and names that must exist.

import { limits } from '../../../base/limits.ts';
import {
  DURATION_MAX_MS,
  DURATION_MIN_MS,
  describeValue,
  type FieldReader,
} from '../../../base/text-files/field-reader.ts';
import { suggestName } from '../../../base/text-files/suggest.ts';
import type { Target, TimeLimit } from '../definition.ts';
import type { NamedKind, ReadingContext } from './reading-context.ts';

/** The rules of a text that is sent. */
export const bodyRules = { charactersMax: limits.bodyCharactersMax };

/** Reads `next`; the following step if it is not given. */
export const readNext = ({ target, fields, following }: ReadingContext): Target =>
  target(fields, 'next', following);

/** Reports a `next` on a step that ends the run. */
export function reportNext({ fields }: ReadingContext, reason: string): void {
  if (fields.has('next')) {
    fields.fault(['next'], `is not allowed: ${reason}`, 'remove it');
  }
}

/** Reads `timeout`. @param next the target if it names none. */
export function readTimeout(context: ReadingContext, next: Target): TimeLimit | null {
  const { fields } = context;
  const given = fields.value('timeout');
  if (typeof given === 'number' || typeof given === 'string') {
    const reason = `must be a mapping with \`after\` and \`next\`, not ${describeValue(given)}`;
    fields.fault(['timeout'], reason, 'write { after: 5m, next: a_step }');
    return null;
  }
  const timeout = fields.mapping('timeout');
  if (timeout === undefined) return null;
  const afterMs = timeout.duration('after', DURATION_MIN_MS, DURATION_MAX_MS, true) ?? 0;
  const target = context.target(timeout, 'next', next);
  timeout.reportUnknownKeys();
  return { afterMs, next: target };
}

/** Looks up the id of a name that must exist; reports one that does not, and returns 0. */
export function resolveId(
  { fields, names }: ReadingContext,
  kind: Exclude<NamedKind, 'attribute' | 'secret'>,
  name: string,
  below: readonly (string | number)[],
): number {
  return resolveName(fields, names, kind, name, below) ?? 0;
}

/** Looks a name up, and reports one that does not exist. */
export function resolveName(
  fields: FieldReader,
  names: ReadingContext['names'],
  kind: Exclude<NamedKind, 'attribute' | 'secret'>,
  name: string,
  below: readonly (string | number)[],
): number | undefined {
  const id = names[kind](name);
  if (typeof id === 'number') return id;
  if (id === 'ambiguous') {
    fields.fault(below, `names "${name}", which several admins share`, 'write the e-mail');
  } else {
    const remedy = `${suggestName(name, names.namesOf(kind))} (or add it to parley.yaml)`;
    fields.fault(below, `names the ${kind} "${name}", which does not exist`, remedy);
  }
  return undefined;
}
