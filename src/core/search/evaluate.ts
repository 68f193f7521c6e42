// Evaluates the search grammar of the contract (section C) in memory over a field table. Total: every condition holds
// or does not, whatever the values are.
//
//   =  !=      equal: texts by every character; a number and a text that reads as a number, as numbers; a truth value
//              and the texts true and false. A missing value equals null and nothing else.
//   IN  NIN    equal to one of a list, or to none.
//   <  >       strictly less or greater (for contacts and conversations alike): two numbers, or texts that read as
//              numbers, as numbers; other texts, such as ISO dates, by their characters. Not for missing values.
//   ~  !~      contains, or does not; ^ begins with; $ ends with: case does not matter. A number is its digits.
//
// A list field (tag_ids) fulfils = IN < > ~ ^ $ if one of its entries does; != NIN !~ are the opposite of = IN ~, so a
// missing value fulfils them.

import { shorten } from '../../base/characters.ts';
import type { Json } from '../model/model.ts';
import type { Condition, Filter, Group, Operator } from './condition.ts';
import { type FieldTable, readField } from './fields.ts';

const FILTERS_PER_GROUP_MAX = 15;
const NESTING_MAX = 2;

/** Whether a condition holds for an object. */
export const holds = <Source>(
  condition: Condition,
  table: FieldTable<Source>,
  source: Source,
): boolean => holdsAt(condition, (name) => readField(table, source, name), 0);

function holdsAt(condition: Condition, read: (name: string) => Json, depth: number): boolean {
  if (!isGroup(condition)) return fulfils(condition, read(condition.field));
  // checkCondition rejects deeper conditions; an unchecked one must not overflow the stack.
  if (depth >= NESTING_MAX) return false;
  const one = (inner: Condition) => holdsAt(inner, read, depth + 1);
  return condition.operator === 'AND' ? condition.value.every(one) : condition.value.some(one);
}

const isGroup = (condition: Condition): condition is Group =>
  condition.operator === 'AND' || condition.operator === 'OR';

function fulfils({ operator, value }: Filter, found: Json): boolean {
  switch (operator) {
    case '!=':
      return !someFulfils('=', found, value);
    case 'NIN':
      return !someFulfils('IN', found, value);
    case '!~':
      return !someFulfils('~', found, value);
    default:
      return someFulfils(operator, found, value);
  }
}

type PositiveOperator = Exclude<Operator, '!=' | 'NIN' | '!~'>;

function someFulfils(operator: PositiveOperator, found: Json, value: Json): boolean {
  if (!Array.isArray(found)) return compare(operator, found, value);
  // An empty list is a missing value.
  if (found.length === 0) return compare(operator, null, value);
  return found.some((entry: Json) => compare(operator, entry, value));
}

function compare(operator: PositiveOperator, found: Json, value: Json): boolean {
  switch (operator) {
    case '=':
      return isEqual(found, value);
    case 'IN':
      return Array.isArray(value) && value.some((one: Json) => isEqual(found, one));
    case '<':
      return order(found, value) === -1;
    case '>':
      return order(found, value) === 1;
    case '~':
      return compareTexts(found, value, (text, part) => text.includes(part));
    case '^':
      return compareTexts(found, value, (text, part) => text.startsWith(part));
    case '$':
      return compareTexts(found, value, (text, part) => text.endsWith(part));
  }
}

function isEqual(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (typeof left === 'number') return left === numberOf(right);
  if (typeof right === 'number') return right === numberOf(left);
  if (typeof left === 'boolean' && typeof right === 'string') return String(left) === right;
  return typeof right === 'boolean' && typeof left === 'string' && String(right) === left;
}

/** Compares two values: -1, 0 or 1; null if they have no order. */
function order(left: Json, right: Json): -1 | 0 | 1 | null {
  const [leftNumber, rightNumber] = [numberOf(left), numberOf(right)];
  if (leftNumber !== null && rightNumber !== null) return sign(leftNumber, rightNumber);
  return typeof left === 'string' && typeof right === 'string' ? sign(left, right) : null;
}

const sign = <Value extends string | number>(left: Value, right: Value): -1 | 0 | 1 =>
  left < right ? -1 : left > right ? 1 : 0;

function numberOf(value: Json): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 40) return null;
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(value) ? Number(value) : null;
}

function compareTexts(
  found: Json,
  value: Json,
  test: (text: string, part: string) => boolean,
): boolean {
  const [text, part] = [textOf(found), textOf(value)];
  return text !== null && part !== null && test(text.toLowerCase(), part.toLowerCase());
}

const textOf = (value: Json): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : null;

/** Finds what is wrong with a condition, a sentence for each fault. */
export function checkCondition(
  condition: Condition,
  isKnown: (field: string) => boolean,
): readonly string[] {
  return checkAt(condition, isKnown, 0);
}

function checkAt(
  condition: Condition,
  isKnown: (field: string) => boolean,
  depth: number,
): string[] {
  if (!isGroup(condition)) return checkFilter(condition, isKnown);
  if (depth >= NESTING_MAX) return [`groups are at most ${NESTING_MAX} levels deep`];
  const { operator, value } = condition;
  if (!Array.isArray(value) || value.length === 0) return [`${operator} needs a list of filters`];
  const tooMany =
    value.length > FILTERS_PER_GROUP_MAX
      ? [`${operator} has ${value.length} filters, at most ${FILTERS_PER_GROUP_MAX} are possible`]
      : [];
  return [...tooMany, ...value.flatMap((inner: Condition) => checkAt(inner, isKnown, depth + 1))];
}

function checkFilter(
  { field, operator, value }: Filter,
  isKnown: (field: string) => boolean,
): string[] {
  const unknown = isKnown(field) ? [] : [`unknown field "${field}"`];
  const misfit = findMisfit(operator, value);
  return misfit === null ? unknown : [...unknown, `${field}: ${misfit}`];
}

function findMisfit(operator: Operator, value: Json): string | null {
  switch (operator) {
    case 'IN':
    case 'NIN':
      return Array.isArray(value) && value.length > 0 && value.every(isScalar)
        ? null
        : `${operator} needs a list of values`;
    case '=':
    case '!=':
      return isScalar(value) ? null : `${operator} needs a single value`;
    case '<':
    case '>':
      return typeof value === 'number' || (typeof value === 'string' && value !== '')
        ? null
        : `${operator} needs a number or a text`;
    case '~':
    case '!~':
    case '^':
    case '$':
      return typeof value === 'number' || (typeof value === 'string' && value !== '')
        ? null
        : `${operator} needs a text`;
    default:
      return `unknown operator "${String(operator satisfies never)}"`;
  }
}

const isScalar = (value: Json): boolean => value === null || typeof value !== 'object';

const DESCRIPTION_CHARACTERS_MAX = 200;

/** Writes a condition in one line, for the trace. */
export function describeCondition(condition: Condition): string {
  return shorten(describe(condition, 0), DESCRIPTION_CHARACTERS_MAX);
}

function describe(condition: Condition, depth: number): string {
  if (!isGroup(condition)) {
    return `${condition.field} ${condition.operator} ${JSON.stringify(condition.value)}`;
  }
  if (depth >= NESTING_MAX) return '(…)';
  return `(${condition.value.map((one) => describe(one, depth + 1)).join(` ${condition.operator} `)})`;
}
