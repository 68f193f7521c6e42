// Compiles a checked condition to SQL that matches the same rows as core/search/evaluate.ts, which a property test
// compares. A filter may be null where it does not hold; only leaves are negated.

import type { Condition, Filter, Operator } from '../../core/search/condition.ts';
import {
  findFamily,
  type Semantics,
  type StoredField,
  type StoredTable,
} from '../../core/search/fields.ts';
import { attributeFilter } from './attribute-sql.ts';
import {
  begunBy,
  hasTag,
  hasTeammate,
  keyedRows,
  withMember,
  withTeammate,
} from './candidate-sql.ts';
import { allOf, anyOf, code, isOneOf, type Sql, sql } from './sql.ts';
import { containsPart, foldCase, textFilter, valuesOf, wordsFilter } from './text-sql.ts';
import { coarseFilter, timeFilter } from './time-sql.ts';

/** Compiles a condition over the rows that the table's expressions name, in one workspace. */
export function conditionSql<Source>(
  condition: Condition,
  table: StoredTable<Source>,
  workspaceId: number,
): Sql {
  if ('field' in condition) return filterSql(condition, table, workspaceId);
  const entries = condition.value.map((inner) => conditionSql(inner, table, workspaceId));
  return condition.operator === 'AND' ? allOf(entries) : anyOf(entries);
}

function filterSql<Source>(filter: Filter, table: StoredTable<Source>, workspaceId: number): Sql {
  const positive = positives[filter.operator];
  if (positive !== undefined) {
    return sql`(${exactSql({ ...filter, operator: positive }, table)}) is not true`;
  }
  const candidates = candidatesSql(filter, table, workspaceId);
  const exact = quickSql(filter, table, workspaceId) ?? exactSql(filter, table);
  return candidates === null ? exact : allOf([candidates, exact]);
}

/** SQL that finds the rows that may match a filter by an index; null if no index helps. */
function candidatesSql<Source>(
  filter: Filter,
  table: StoredTable<Source>,
  workspaceId: number,
): Sql | null {
  const { operator, field: name } = filter;
  const field = table.fields.get(name);
  if (field?.coarse !== undefined) return coarseFilter(filter, field.coarse, table.semantics);
  if (operator !== '=' && operator !== 'IN') return null;
  // The key of an attribute is its exact value.
  if (table.days?.has(name)) return null;
  const values = valuesOf(filter);
  if (values.includes(null) || values.length === 0) return null;
  switch (field?.person) {
    case 'author id':
      return begunBy(workspaceId, sql`m.id = any(${values}::text[])`, sql`${values}::text[]`);
    case 'author email': {
      const emails = values.map((one) => String(one).toLowerCase());
      return begunBy(
        workspaceId,
        sql`m.email_key = any(${emails}::text[])`,
        sql`array(select id::text from admins
          where workspace_id = ${workspaceId} and fold_case(email) = any(${emails}::text[]))`,
      );
    }
    case 'member':
      return withMember(workspaceId, values);
    case 'teammate':
      return withTeammate(workspaceId, values);
  }
  const found = field === undefined ? findFamily(table.families, name) : null;
  if (found !== null) {
    const kind = sql`${`attribute ${found.name}`}::text`;
    return keyedRows(found.family.keyed, workspaceId, kind, values);
  }
  return field?.keyed === undefined
    ? null
    : keyedRows(field.keyed, workspaceId, sql`'tag'`, values);
}

/** Compiles a filter for one of some ids like exactSql, without a subquery for each row; null for other filters. */
function quickSql<Source>(
  filter: Filter,
  table: StoredTable<Source>,
  workspaceId: number,
): Sql | null {
  const field = table.fields.get(filter.field);
  if (filter.operator !== '=' && filter.operator !== 'IN') return null;
  const values = valuesOf(filter);
  if (values.includes(null)) return null;
  if (field?.keyed !== undefined) return hasTag(field.keyed, workspaceId, values);
  return field?.person === 'teammate' ? hasTeammate(values) : null;
}

function exactSql<Source>(filter: Filter, table: StoredTable<Source>): Sql {
  const field = table.fields.get(filter.field);
  if (field !== undefined) return fieldFilter(filter, field, table.semantics);
  const found = findFamily(table.families, filter.field);
  if (found === null) throw new Error(`no field ${filter.field}`);
  const value = sql`(${code(found.family.sql)} -> ${found.name}::text)`;
  const isDay = table.days?.has(filter.field) ?? false;
  return attributeFilter(filter, value, table.semantics, isDay);
}

/** Each operator that is the opposite of another one. */
const positives: { readonly [operator in Operator]?: Operator } = {
  '!=': '=',
  NIN: 'IN',
  '!~': '~',
};

function fieldFilter<Source>(
  filter: Filter,
  { type, sql: text, ignoresCase, folded, within }: StoredField<Source>,
  semantics: Semantics,
): Sql {
  const column = code(`(${text})`);
  switch (type) {
    case 'text':
      return textFilter(filter, column, ignoresCase ? foldedColumn(column, folded) : null);
    case 'words':
      return wordsFilter(filter, column, within === undefined ? null : code(within));
    case 'id':
      return valuesFilter(filter, column, 'bigint', idOf);
    case 'number':
      return filter.operator === '<' || filter.operator === '>'
        ? sql`${column} ${comparison(filter.operator, semantics)} ${filter.value}::bigint`
        : valuesFilter(filter, column, 'bigint');
    case 'boolean':
      return valuesFilter(filter, column, 'boolean');
    case 'time':
      return timeFilter(filter, column, semantics);
    case 'list':
      return listFilter(filter, column);
    default:
      throw new Error(`a field of type ${type} is not stored`);
  }
}

const foldedColumn = (column: Sql, folded: string | undefined): Sql =>
  folded === undefined ? foldCase(column) : code(folded);

const comparison = (operator: '<' | '>', { isInclusive }: Semantics): Sql =>
  code(isInclusive ? `${operator}=` : operator);

/** SQL of equality with one of the values; a missing value equals null. */
function valuesFilter(
  filter: Filter,
  column: Sql,
  type: string,
  convert = (value: unknown) => value,
): Sql {
  const given = valuesOf(filter);
  const present = given.filter((value) => value !== null).map((value) => convert(value));
  return anyOf([
    ...(present.length > 0 ? [isOneOf(column, present, type)] : []),
    ...(given.includes(null) ? [sql`${column} is null`] : []),
  ]);
}

/** An id that no row has, for texts that are not an id. */
const NO_ID = 0;

function idOf(value: unknown): number {
  const text = String(value);
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : NO_ID;
  return Number.isSafeInteger(id) ? id : NO_ID;
}

/** SQL of a list filter: one of the entries matches; an empty list is a missing value. */
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
