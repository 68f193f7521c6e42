// Saves values of a webhook's response as attributes of the conversation: all or none. Clears the earlier values in
// either case, so that no message shows the value of an earlier call.

import { limits } from '../../../base/limits.ts';
import { cleanText } from '../../../contract/text.ts';
import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { DataAttribute, Json } from '../../model/model.ts';
import type { SavedValue } from '../definition.ts';
import { quote } from '../run/progress.ts';
import { resolvePointer } from './json-pointer.ts';
import { clearAttribute, definitionOf, writeSaved } from './set-attribute.ts';

export type SavedResponse = {
  readonly change: Change;
  /** One sentence for each value. */
  readonly lines: readonly string[];
  /** Whether all required values exist and fit. */
  readonly isWhole: boolean;
};

/** Saves the values of the response. If one is missing or does not fit, all of the attributes are cleared. */
export function saveResponse(
  before: Change,
  context: TransitionContext,
  save: readonly SavedValue[],
  response: Json,
): SavedResponse {
  const lines: string[] = [];
  let isWhole = true;
  let change = clearSaved(before, context, save);
  for (const { attribute, pointer, required = false } of save) {
    const value = resolvePointer(response, pointer);
    if (isAbsent(value)) {
      if (required) isWhole = false;
      lines.push(describeAbsent(attribute, required));
      continue;
    }
    const written = write(change, context, attribute, value);
    if (typeof written === 'string') {
      isWhole = false;
      lines.push(`Did not save ${quote(attribute)}: ${written}.`);
    } else {
      change = written;
      lines.push(`Saved ${quote(attribute)}.`);
    }
  }
  return { change: isWhole ? change : clearSaved(before, context, save), lines, isWhole };
}

/** Clears the earlier values of the attributes. */
export const clearSaved = (
  change: Change,
  context: TransitionContext,
  save: readonly SavedValue[],
): Change =>
  save.reduce((cleared, { attribute }) => clearAttribute(cleared, context, attribute), change);

const isAbsent = (value: Json | undefined): value is undefined | null =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

const describeAbsent = (attribute: string, required: boolean): string =>
  required
    ? `Did not save ${quote(attribute)}: the response does not have it.`
    : `Cleared ${quote(attribute)}: the response does not have it.`;

/** Writes a value. @returns what is wrong with it, if anything. */
function write(
  change: Change,
  context: TransitionContext,
  attribute: string,
  value: Json,
): Change | string {
  if (typeof value === 'object' || value === null) {
    return `it is ${Array.isArray(value) ? 'a list' : 'an object'}, not a single value`;
  }
  const clean = typeof value === 'string' ? cleanText(value) : value;
  const written = writeSaved(change, context, attribute, clean);
  if (written.ok) return written.change;
  if (written.reason === 'full') {
    return `there are ${limits.customAttributesMax} attributes already`;
  }
  if (written.reason === 'too_large') return 'the attributes would be too large in all';
  return `it takes ${describeType(definitionOf(context, attribute))}, not ${quote(String(clean))}`;
}

const typeWords = {
  integer: 'a whole number',
  float: 'a number',
  boolean: 'true or false',
  date: 'a date (YYYY-MM-DD, or unix seconds)',
  datetime: 'a time (ISO 8601 with a zone, or unix seconds)',
  options: 'one of its options',
} as const;

/** Describes the values that an attribute accepts. */
function describeType(definition: DataAttribute | undefined): string {
  const type = definition?.dataType ?? 'string';
  const longest = limits.attributeValueCharactersMax;
  if (type === 'string') return `a text of at most ${longest} characters`;
  return `${typeWords[type]} (type ${type})`;
}
