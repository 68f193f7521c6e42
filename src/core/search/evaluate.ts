// Evaluates the search grammar of the contract (section C) in memory over a field table. Total: for any values, every
// condition holds or does not.
//
//   =  !=      equal: texts by every character; a number and a text that reads as a number, as numbers; a truth value
//              and the texts true and false. A missing value equals null and nothing else.
//   IN  NIN    equal to one of a list, or to none.
//   <  >       less or greater, or equal if the target says so: two numbers, or texts that read as numbers, as
//              numbers; other texts, such as ISO dates, by their characters. Not for missing values.
//   ~  !~      contains, or does not; ^ begins with; $ ends with: case does not matter. A number is its digits.
//
// A list field (tag_ids) matches = IN < > ~ ^ $ if one of its entries does; != NIN !~ are the opposite of = IN ~, so a
// missing value matches them. For a field of words, = and IN compare each word.
//
// The field table selects the rules: one evaluator for workflows, conversations and contacts.

import { shorten } from '../../base/characters.ts';
import type { Json } from '../model/model.ts';
import {
  type Condition,
  type Filter,
  GROUP_ENTRIES_MAX,
  GROUP_LEVELS_MAX,
  type Group,
  type Operator,
} from './condition.ts';
import { type FieldTable, findField, type SearchField, type Semantics } from './fields.ts';
import { numberOf } from './number-of.ts';
import { wordsOf } from './words.ts';

/** Whether a condition holds for an object. */
export const holds = <Source>(
  condition: Condition,
  table: FieldTable<Source>,
  source: Source,
): boolean =>
  holdsAt(
    condition,
    (filter) => {
      const field = findField(table, filter.field);
      const found = field?.read(source) ?? null;
      return fulfils(filter, found, field, table.semantics);
    },
    0,
  );

function holdsAt(
  condition: Condition,
  holdsFilter: (filter: Filter) => boolean,
  depth: number,
): boolean {
  if (!isGroup(condition)) return holdsFilter(condition);
  // checkCondition rejects deeper conditions; an unchecked one must not overflow the stack.
  if (depth >= GROUP_LEVELS_MAX) return false;
  const one = (inner: Condition) => holdsAt(inner, holdsFilter, depth + 1);
  return condition.operator === 'AND' ? condition.value.every(one) : condition.value.some(one);
}

const isGroup = (condition: Condition): condition is Group =>
  condition.operator === 'AND' || condition.operator === 'OR';

type PositiveOperator = Exclude<Operator, '!=' | 'NIN' | '!~'>;

/** Operators that are the opposite of another one. */
const opposites: { readonly [operator in Operator]?: PositiveOperator } = {
  '!=': '=',
  NIN: 'IN',
  '!~': '~',
};

type Field = Pick<SearchField<never>, 'type' | 'ignoresCase' | 'isDay'> | null;

function fulfils(
  { operator, value }: Filter,
  found: Json,
  field: Field,
  semantics: Semantics,
): boolean {
  const opposite = opposites[operator];
  const positive = opposite ?? (operator as PositiveOperator);
  const asCompared = (one: Json) => normalise(one, field, semantics);
  const left = splitsWords(positive, field) ? wordsOf(found) : asCompared(found);
  const holds = someFulfils(positive, left, asCompared(value), semantics);
  return opposite === undefined ? holds : !holds;
}

const splitsWords = (operator: PositiveOperator, field: Field): boolean =>
  field?.type === 'words' && (operator === '=' || operator === 'IN');

const SECONDS_OF_DAY = 86_400;

/** Converts a value for comparison by the target: times to days, texts to lower case where case does not matter. */
function normalise(value: Json, field: Field, semantics: Semantics): Json {
  if (Array.isArray(value)) return value.map((one: Json) => normalise(one, field, semantics));
  if (field?.type === 'time' && (semantics.comparesDays || field.isDay)) {
    const seconds = numberOf(value);
    return seconds === null ? value : Math.floor(seconds / SECONDS_OF_DAY);
  }
  const ignoresCase = field?.ignoresCase === true || field?.type === 'words';
  return typeof value === 'string' && ignoresCase ? value.toLowerCase() : value;
}

function someFulfils(
  operator: PositiveOperator,
  found: Json,
  value: Json,
  semantics: Semantics,
): boolean {
  if (!Array.isArray(found)) return compare(operator, found, value, semantics);
  // An empty list is a missing value.
  if (found.length === 0) return compare(operator, null, value, semantics);
  return found.some((entry: Json) => compare(operator, entry, value, semantics));
}

function compare(
  operator: PositiveOperator,
  found: Json,
  value: Json,
  { isInclusive }: Semantics,
): boolean {
  switch (operator) {
    case '=':
      return isEqual(found, value);
    case 'IN':
      return Array.isArray(value) && value.some((one: Json) => isEqual(found, one));
    case '<':
    case '>': {
      const sign = order(found, value);
      return sign === (operator === '<' ? -1 : 1) || (sign === 0 && isInclusive);
    }
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

function sign<Value extends string | number>(left: Value, right: Value): -1 | 0 | 1 {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function compareTexts(
  found: Json,
  value: Json,
  test: (text: string, part: string) => boolean,
): boolean {
  const [text, part] = [textOf(found), textOf(value)];
  return text !== null && part !== null && test(text.toLowerCase(), part.toLowerCase());
}

function textOf(value: Json): string | null {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return null;
  // The spelling of a number with an exponent differs between languages.
  const digits = String(value);
  return digits.includes('e') ? null : digits;
}

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
  if (depth >= GROUP_LEVELS_MAX) return [`groups are at most ${GROUP_LEVELS_MAX} levels deep`];
  const { operator, value } = condition;
  if (!Array.isArray(value) || value.length === 0) return [`${operator} needs a list of filters`];
  const tooMany =
    value.length > GROUP_ENTRIES_MAX
      ? [`${operator} has ${value.length} filters, at most ${GROUP_ENTRIES_MAX} are possible`]
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
  if (depth >= GROUP_LEVELS_MAX) return '(…)';
  return `(${condition.value.map((one) => describe(one, depth + 1)).join(` ${condition.operator} `)})`;
}
