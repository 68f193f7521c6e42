// Parses a condition: the search grammar of the contract (section C), filters in at most two levels of AND and OR
// groups. Checks its form; knows no fields.

import {
  describeValue,
  type FieldReader,
  isStorable,
  type Path,
} from '../../base/text-files/field-reader.ts';
import { suggestName } from '../../base/text-files/suggest.ts';
import type { Json } from '../model/model.ts';
import {
  type Condition,
  GROUP_ENTRIES_MAX,
  GROUP_LEVELS_MAX,
  type Operator,
  operators,
} from './condition.ts';
import { checkCondition } from './evaluate.ts';

const FIELD_CHARACTERS_MAX = 300;
const CONDITION_CHARACTERS_MAX = 20_000;

/** Operators of other languages, for suggestions only: none of them is accepted. */
const operatorSynonyms: ReadonlyMap<string, string> = new Map([
  ['==', '='],
  ['===', '='],
  ['EQ', '='],
  ['EQUALS', '='],
  ['IS', '='],
  ['!==', '!='],
  ['<>', '!='],
  ['NE', '!='],
  ['CONTAINS', '~'],
  ['LIKE', '~'],
  ['STARTS_WITH', '^'],
  ['ENDS_WITH', '$'],
  ['NOT_IN', 'NIN'],
  ['NOT IN', 'NIN'],
  ['&&', 'AND'],
  ['||', 'OR'],
]);

const EXAMPLE = '{ field: contact.role, operator: "=", value: user }';

export type ConditionRules = {
  readonly isRequired?: boolean;
  /** Gets the name of each field of a valid condition, to warn of one that does not exist. */
  readonly checkField: (name: string) => void;
  /** Tells users where the grammar is documented. */
  readonly help: string;
};

/** Reads the condition below a key; null if there is none, or an invalid one. */
export function parseCondition(
  fields: FieldReader,
  key: string,
  { isRequired = false, checkField, help }: ConditionRules,
): Condition | null {
  const source = fields.value(key);
  if (source === undefined) {
    if (isRequired || fields.has(key)) {
      fields.fault([key], 'is missing', `write ${EXAMPLE}`);
    }
    return null;
  }
  let hasFault = false;
  const condition = read(source, fields, [key], 1, () => {
    hasFault = true;
  });
  if (hasFault || condition === null) return null;
  if (JSON.stringify(condition).length > CONDITION_CHARACTERS_MAX) {
    fields.fault([key], 'is too long', `write at most ${CONDITION_CHARACTERS_MAX} characters`);
  }
  for (const name of fieldsOf(condition)) checkField(name);
  // The caller checks for unknown fields.
  for (const fault of checkCondition(condition, () => true)) fields.fault([key], fault, help);
  return condition;
}

/** Reads a condition or group. @param onFault is called at every fault, besides its report. */
function read(
  source: unknown,
  parent: FieldReader,
  below: Path,
  level: number,
  onFault: () => void,
): Condition | null {
  if (typeof source === 'string') {
    onFault();
    parent.fault(below, `must be a mapping, not ${describeValue(source)}`, `write ${EXAMPLE}`);
    return null;
  }
  const reader = parent.below(below, source, onFault);
  const operator = reader.value('operator');
  const isGroup = operator === 'AND' || operator === 'OR';
  const condition = isGroup ? readGroup(reader, operator, level, onFault) : readFilter(reader);
  reader.reportUnknownKeys();
  return condition;
}

function readGroup(
  reader: FieldReader,
  operator: 'AND' | 'OR',
  level: number,
  onFault: () => void,
): Condition | null {
  if (level > GROUP_LEVELS_MAX) {
    reader.fault([], 'nests groups too deeply', `use at most ${GROUP_LEVELS_MAX} levels`);
    return null;
  }
  const countRules = { countMin: 1, countMax: GROUP_ENTRIES_MAX, isRequired: true };
  const list = reader.list('value', countRules) ?? [];
  const value = list.flatMap((entry, index) => {
    const one = read(entry, reader, ['value', index], level + 1, onFault);
    return one === null ? [] : [one];
  });
  return { operator, value };
}

function readFilter(reader: FieldReader): Condition | null {
  const rules = { charactersMax: FIELD_CHARACTERS_MAX, isRequired: true };
  const field = reader.text('field', rules);
  const operator = readOperator(reader);
  const has = reader.has('value');
  // Null is a valid value: `operator: "=", value: null` finds what is empty.
  const value = (reader.value('value') ?? null) as Json;
  if (!has) reader.fault(['value'], 'is missing', 'add `value:`');
  const isList = operator === 'IN' || operator === 'NIN';
  const entries = Array.isArray(value) ? value : [value];
  if (has && isList !== Array.isArray(value)) {
    const reason = `goes with ${operator ?? 'the operator'}, but is ${describeValue(value)}`;
    reader.fault(['value'], reason, isList ? 'write a list: [a, b]' : 'write one value');
  } else if (entries.some((entry) => typeof entry === 'object' && entry !== null)) {
    const reason = 'must be a text, a number, true or false';
    reader.fault(['value'], reason, 'write plain values');
  } else if (entries.some((entry) => typeof entry === 'string' && !isStorable(entry))) {
    reader.fault(['value'], 'has a character that cannot be stored', 'remove it');
  }
  return field === undefined || operator === undefined ? null : { field, operator, value };
}

function readOperator(reader: FieldReader): Operator | undefined {
  const given = reader.value('operator');
  if (given === undefined) {
    const remedy = `add one of these, in quotes: ${operators.join(' ')}`;
    reader.fault(['operator'], 'is missing', remedy);
    return undefined;
  }
  const operator = operators.find((one) => one === given);
  if (operator !== undefined) return operator;
  const word = typeof given === 'string' ? given.toUpperCase() : '';
  const all = [...operators, 'AND', 'OR'];
  const meant = all.includes(word) ? word : operatorSynonyms.get(word);
  const isWord = meant !== undefined && /^[A-Z]/.test(meant);
  const remedy =
    meant === undefined ? suggestName('', all) : `write ${isWord ? meant : `"${meant}"`}`;
  reader.fault(['operator'], `cannot be ${describeValue(given)}`, remedy);
  return undefined;
}

const fieldsOf = (condition: Condition): readonly string[] =>
  'field' in condition ? [condition.field] : condition.value.flatMap(fieldsOf);
