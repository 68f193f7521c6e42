// Reads the query of a search request. Checks its form, its limits, and that operators and values fit the fields of the
// target (contract C, G 1 to 6). Returns a condition whose values have the types of their fields.

import { cleanText } from '../../contract/text.ts';
import { castTime } from '../model/attribute-value.ts';
import type { Json } from '../model/model.ts';
import {
  type Condition,
  GROUP_ENTRIES_MAX,
  GROUP_LEVELS_MAX,
  type Operator,
  operators,
  SEARCH_VALUES_MAX,
} from './condition.ts';
import { type FieldTable, type FieldType, findField } from './fields.ts';
import { numberOf } from './number-of.ts';

/** A fault of a query. The path is dotted, as `field` in errors. */
export type QueryFault = { readonly path: string; readonly message: string };

export type CheckedQuery = {
  /** The condition; null when there are faults. */
  readonly condition: Condition | null;
  readonly faults: readonly QueryFault[];
};

type Reader<Source> = {
  readonly table: FieldTable<Source>;
  /** Counts the values of a filter. @returns whether they are too many, with those before. */
  readonly areTooMany: (values: number) => boolean;
  readonly report: (path: string, message: string) => null;
};

/** Reads an untrusted query. */
export function readQuery<Source>(query: unknown, table: FieldTable<Source>): CheckedQuery {
  const faults: QueryFault[] = [];
  const report = (path: string, message: string) => {
    faults.push({ path, message: `${path} ${message}` });
    return null;
  };
  let values = 0;
  const areTooMany = (more: number) => {
    values += more;
    return values > SEARCH_VALUES_MAX;
  };
  const condition = readEntry(query, 'query', { table, report, areTooMany }, 1);
  return { condition: faults.length === 0 ? condition : null, faults };
}

function readEntry<Source>(
  entry: unknown,
  path: string,
  reader: Reader<Source>,
  level: number,
): Condition | null {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return reader.report(
      path,
      'must be a filter {field, operator, value} or a group {operator, value}',
    );
  }
  const { operator } = entry as { readonly operator?: unknown };
  return operator === 'AND' || operator === 'OR'
    ? readGroup(entry, operator, path, reader, level)
    : readFilter(entry, path, reader);
}

function readGroup<Source>(
  entry: { readonly value?: unknown },
  operator: 'AND' | 'OR',
  path: string,
  reader: Reader<Source>,
  level: number,
): Condition | null {
  const { value } = entry;
  if (level > GROUP_LEVELS_MAX) {
    return reader.report(
      path,
      `is nested too deeply: groups have ${GROUP_LEVELS_MAX} levels at most`,
    );
  }
  if (!Array.isArray(value) || value.length === 0) {
    return reader.report(`${path}.value`, 'must be a list of filters');
  }
  if (value.length > GROUP_ENTRIES_MAX) {
    return reader.report(`${path}.value`, `must have at most ${GROUP_ENTRIES_MAX} filters`);
  }
  const entries = value.map((inner, index) =>
    readEntry(inner, `${path}.value.${index}`, reader, level + 1),
  );
  return { operator, value: entries.filter((one) => one !== null) };
}

function readFilter<Source>(
  entry: { readonly field?: unknown; readonly operator?: unknown; readonly value?: unknown },
  path: string,
  { table, report, areTooMany }: Reader<Source>,
): Condition | null {
  const { field: name, value = null } = entry;
  const operator = operators.find((one) => one === entry.operator);
  if (operator === undefined) {
    return report(`${path}.operator`, `must be one of: AND, OR, ${operators.join(', ')}`);
  }
  if (typeof name !== 'string') return report(`${path}.field`, 'is required');
  // The database has no NUL.
  const field = name.includes('\u0000') ? null : findField(table, name);
  if (field === null) return report(`${path}.field`, 'is not a field that can be searched');
  if (!operatorsOf[field.type].includes(operator)) {
    const message = `cannot be ${operator} for ${name}, a ${titles[field.type]}`;
    return report(`${path}.operator`, message);
  }
  const read = valueReaderOf(field.type, operator);
  const isList = operator === 'IN' || operator === 'NIN';
  if (isList !== Array.isArray(value)) {
    return report(`${path}.value`, isList ? `must be a list for ${operator}` : 'must be one value');
  }
  if (isList && areTooMany((value as readonly unknown[]).length)) {
    const message = `is too long: the filters of a search have at most ${SEARCH_VALUES_MAX} values`;
    return report(`${path}.value`, message);
  }
  const values = (isList ? (value as readonly unknown[]) : [value]).map(read);
  if (values.includes(undefined)) {
    return report(`${path}.value`, `does not fit ${name}, a ${titles[field.type]}`);
  }
  return { field: name, operator, value: (isList ? values : values[0]) as Json };
}

const equalities: readonly Operator[] = ['=', '!=', 'IN', 'NIN'];
const orders: readonly Operator[] = ['<', '>'];
const texts: readonly Operator[] = ['~', '!~', '^', '$'];

/** The operators of each type of field (contract G 4). */
const operatorsOf: { readonly [type in FieldType]: readonly Operator[] } = {
  text: [...equalities, ...texts],
  words: [...equalities, ...texts],
  id: equalities,
  list: [...equalities, ...texts],
  number: [...equalities, ...orders],
  time: [...equalities, ...orders],
  boolean: equalities,
  any: operators,
  mapping: [],
};

const titles: { readonly [type in FieldType]: string } = {
  text: 'text',
  words: 'text',
  id: 'id',
  list: 'list of ids',
  number: 'whole number',
  time: 'time in unix seconds or as an ISO 8601 date',
  boolean: 'boolean',
  any: 'custom attribute',
  mapping: 'mapping',
};

/** Converts a value to the type of the field; undefined when it does not fit. */
type ValueReader = (value: unknown) => Json | undefined;

function valueReaderOf(type: FieldType, operator: Operator): ValueReader {
  if (texts.includes(operator)) return readPart;
  if (orders.includes(operator)) return type === 'any' ? readNumber : equalityReaders[type];
  const read = equalityReaders[type];
  // Null finds missing values.
  return (value) => (value === null ? null : read(value));
}

const readText: ValueReader = (value) => {
  if (typeof value === 'string') return cleanText(value);
  return typeof value === 'number' ? String(value) : undefined;
};

/** Checks a part of a text. The empty one is rejected: every text contains it. */
const readPart: ValueReader = (value) => readText(value) || undefined;

const readNumber: ValueReader = (value) => numberOf(value as Json) ?? undefined;

const readWholeNumber: ValueReader = (value) => {
  const number = numberOf(value as Json);
  return number !== null && Number.isSafeInteger(number) ? number : undefined;
};

/** Reads unix seconds, or a date as texts have it. */
const readTime: ValueReader = (value) =>
  readWholeNumber(value) ?? (typeof value === 'string' ? castTime(value) : undefined);

const readBoolean: ValueReader = (value) => {
  // The SDK has no type for a boolean (contract G 5), so texts are accepted.
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
};

const readScalar: ValueReader = (value) => {
  if (typeof value === 'string') return cleanText(value);
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
};

const equalityReaders: { readonly [type in FieldType]: ValueReader } = {
  text: readText,
  words: readText,
  id: readText,
  list: readText,
  number: readWholeNumber,
  time: readTime,
  boolean: readBoolean,
  any: readScalar,
  mapping: () => undefined,
};
