// A checked condition as SQL: for every row the same answer as core/search/evaluate.ts gives for what it reads of that
// row, which a property test compares. A filter may be null where it does not hold; only leaves are negated.

import type { Condition, Filter, Operator } from '../../core/search/condition.ts';
import {
  findFamily,
  type Semantics,
  type StoredField,
  type StoredTable,
} from '../../core/search/fields.ts';
import { attributeFilter } from './attribute-sql.ts';
import { allOf, anyOf, code, type Sql, sql } from './sql.ts';
import { containsPart, foldCase, textFilter, wordsFilter } from './text-sql.ts';

/** The SQL of a condition over the rows that the table's expressions name. */
export function conditionSql<Source>(condition: Condition, table: StoredTable<Source>): Sql {
  if ('field' in condition) return filterSql(condition, table);
  const entries = condition.value.map((inner) => conditionSql(inner, table));
  return condition.operator === 'AND' ? allOf(entries) : anyOf(entries);
}

function filterSql<Source>(filter: Filter, table: StoredTable<Source>): Sql {
  const { operator } = filter;
  const positive = positives[operator];
  if (positive !== undefined) {
    return sql`(${filterSql({ ...filter, operator: positive }, table)}) is not true`;
  }
  const field = table.fields.get(filter.field);
  if (field !== undefined) return fieldFilter(filter, field, table.semantics);
  const found = findFamily(table.families, filter.field);
  if (found === null) throw new Error(`no field ${filter.field}`);
  const value = sql`(${code(found.family.sql)} -> ${found.name}::text)`;
  return attributeFilter(filter, value, table.semantics);
}

/** Each operator that is the opposite of another one. */
const positives: { readonly [operator in Operator]?: Operator } = {
  '!=': '=',
  NIN: 'IN',
  '!~': '~',
};

function fieldFilter<Source>(
  filter: Filter,
  { type, sql: text, ignoresCase, folded }: StoredField<Source>,
  semantics: Semantics,
): Sql {
  const column = code(`(${text})`);
  switch (type) {
    case 'text':
      return textFilter(filter, column, ignoresCase ? code(folded ?? `lower(${text})`) : null);
    case 'words':
      return wordsFilter(filter, column);
    case 'id':
      return valuesFilter(filter, column, (one) => sql`${idOf(one)}::bigint`);
    case 'number':
      return filter.operator === '<' || filter.operator === '>'
        ? sql`${column} ${comparison(filter.operator, semantics)} ${filter.value}::bigint`
        : valuesFilter(filter, column, (one) => sql`${one}::bigint`);
    case 'boolean':
      return valuesFilter(filter, column, (one) => sql`${one}::boolean`);
    case 'time':
      return timeFilter(filter, column, semantics);
    case 'list':
      return listFilter(filter, column);
    default:
      throw new Error(`a field of type ${type} is not stored`);
  }
}

const comparison = (operator: '<' | '>', { isInclusive }: Semantics): Sql =>
  code(isInclusive ? `${operator}=` : operator);

/** The values of `=` or `IN`. */
export const valuesOf = ({ operator, value }: Filter): readonly unknown[] =>
  operator === 'IN' ? (value as readonly unknown[]) : [value];

/** Equal to one of the values; a missing one equals null. */
function valuesFilter(filter: Filter, column: Sql, one: (value: unknown) => Sql): Sql {
  return anyOf(
    valuesOf(filter).map((value) =>
      value === null ? sql`${column} is null` : sql`${column} = ${one(value)}`,
    ),
  );
}

/** An id that no row has, for texts that are no id of ours. */
const NO_ID = 0;

function idOf(value: unknown): number {
  const text = String(value);
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : NO_ID;
  return Number.isSafeInteger(id) ? id : NO_ID;
}

const SECONDS_OF_DAY = 86_400;
/** What timestamptz can hold, and far more than any row has. */
const SECONDS_MIN = -200_000_000_000;
const SECONDS_MAX = 9_000_000_000_000;

/** Compares with moments, so that an index on the column can be used: a value stands for its second, or for its day. */
function timeFilter(filter: Filter, column: Sql, { isInclusive, comparesDays }: Semantics): Sql {
  const unit = comparesDays ? SECONDS_OF_DAY : 1;
  const begin = (value: number) => moment(Math.floor(value / unit) * unit);
  const end = (value: number) => moment((Math.floor(value / unit) + 1) * unit);
  const given = filter.value as number;
  if (filter.operator === '>') {
    return sql`${column} >= ${isInclusive ? begin(given) : end(given)}`;
  }
  if (filter.operator === '<') {
    return sql`${column} < ${isInclusive ? end(given) : begin(given)}`;
  }
  return anyOf(
    (valuesOf(filter) as readonly (number | null)[]).map((value) =>
      value === null
        ? sql`${column} is null`
        : sql`(${column} >= ${begin(value)} and ${column} < ${end(value)})`,
    ),
  );
}

const moment = (seconds: number): Sql =>
  sql`to_timestamp(${Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, seconds))}::float8)`;

/** One of the entries fulfils the operator; an empty list is a missing value. */
function listFilter(filter: Filter, list: Sql): Sql {
  const { operator } = filter;
  if (operator === '=' || operator === 'IN') {
    const given = valuesOf(filter);
    const present = given.filter((value) => value !== null).map(String);
    const found = sql`${list} && ${present}::text[]`;
    return given.includes(null) ? sql`(${found} or ${list} = '{}')` : found;
  }
  const part = containsPart(operator, foldCase(sql`e.entry`), String(filter.value));
  return sql`exists (select from unnest(${list}) as e(entry) where ${part})`;
}
