// Reads a condition: the search grammar of the contract (section C), filters in at most two levels of AND and OR
// groups. Its form is checked here; what fields and values mean is condition.ts's business.

import {
  describeValue,
  FieldReader,
  isStorable,
  type Path,
} from '../../base/text-files/field-reader.ts';
import { suggestName } from '../../base/text-files/suggest.ts';
import type { Json } from '../model/model.ts';
import { type Condition, type Operator, operators } from '../workflow/definition.ts';
import { isKnownName } from '../workflow/parse/known-name.ts';
import type { ReadingContext } from '../workflow/parse/reading-context.ts';
import { meantKey, meantOperator } from '../workflow/parse/synonyms.ts';
import { checkCondition } from './evaluate.ts';

const FIELD_CHARACTERS_MAX = 300;
/** Contract section C. */
const LEVELS_MAX = 2;
const GROUP_ENTRIES_MAX = 15;
const CONDITION_CHARACTERS_MAX = 20_000;

const EXAMPLE = '{ field: contact.role, operator: "=", value: user }';

/** Reads the condition below a key; null when there is none, or none that can be used. */
export function readConditionOf(
  fields: FieldReader,
  key: string,
  context: Pick<ReadingContext, 'names' | 'warn'>,
  isRequired = false,
): Condition | null {
  const source = fields.value(key);
  if (source === undefined) {
    if (isRequired || fields.has(key)) {
      fields.fault([key], 'is missing', `write ${EXAMPLE}`);
    }
    return null;
  }
  let hasFault = false;
  const condition = read(source, fields, [key], 1, (below, reason, remedy) => {
    hasFault = true;
    fields.fault(below, reason, remedy);
  });
  if (hasFault || condition === null) return null;
  if (JSON.stringify(condition).length > CONDITION_CHARACTERS_MAX) {
    fields.fault([key], 'is too long', `write at most ${CONDITION_CHARACTERS_MAX} characters`);
  }
  for (const name of fieldsOf(condition)) {
    if (isKnownName(context.names, name)) continue;
    const reason = `asks for "${name}", which does not exist: it is always empty`;
    context.warn(fields, [key], reason, 'define the attribute in parley.yaml, or correct the name');
  }
  // Unknown fields are told above, as warnings.
  for (const fault of checkCondition(condition, () => true)) {
    fields.fault([key], fault, 'see the conditions in docs/workflows.md');
  }
  return condition;
}

type Fault = (below: Path, reason: string, remedy: string) => void;

function read(
  source: unknown,
  fields: FieldReader,
  below: Path,
  level: number,
  fault: Fault,
): Condition | null {
  if (typeof source === 'string') {
    fault(below, `must be a mapping, not ${describeValue(source)}`, `write ${EXAMPLE}`);
    return null;
  }
  const reader = new FieldReader(
    source,
    below,
    ({ path, reason, remedy }) => fault(path, reason, remedy),
    meantKey,
  );
  const operator = reader.value('operator');
  const isGroup = operator === 'AND' || operator === 'OR';
  const condition = isGroup
    ? readGroup(reader, operator, fields, level, fault)
    : readFilter(reader);
  reader.refuseOtherKeys();
  return condition;
}

function readGroup(
  reader: FieldReader,
  operator: 'AND' | 'OR',
  fields: FieldReader,
  level: number,
  fault: Fault,
): Condition | null {
  if (level > LEVELS_MAX) {
    reader.fault([], 'is a group in a group in a group', `use at most ${LEVELS_MAX} levels`);
    return null;
  }
  const countRules = { countMin: 1, countMax: GROUP_ENTRIES_MAX, isRequired: true };
  const list = reader.list('value', countRules) ?? [];
  const value = list.flatMap((entry, index) => {
    const one = read(entry, fields, [...reader.path, 'value', index], level + 1, fault);
    return one === null ? [] : [one];
  });
  return { operator, value };
}

function readFilter(reader: FieldReader): Condition | null {
  const rules = { charactersMax: FIELD_CHARACTERS_MAX, isRequired: true };
  const field = reader.text('field', rules);
  const operator = readOperator(reader);
  const has = reader.has('value');
  // Null can be asked for: `operator: "=", value: null` finds what is empty.
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
  const meant = all.includes(word) ? word : meantOperator(word);
  const isWord = meant !== undefined && /^[A-Z]/.test(meant);
  const remedy =
    meant === undefined ? suggestName('', all) : `write ${isWord ? meant : `"${meant}"`}`;
  reader.fault(['operator'], `cannot be ${describeValue(given)}`, remedy);
  return undefined;
}

const fieldsOf = (condition: Condition): readonly string[] =>
  'field' in condition ? [condition.field] : condition.value.flatMap(fieldsOf);
