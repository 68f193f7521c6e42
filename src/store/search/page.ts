// Reads one page of rows that match a condition, sorted by a field and then by id, and counts all matching rows: two
// statements in the caller's transaction, so on one snapshot of the primary.

import type { Coarse, StoredTable } from '../../core/search/fields.ts';
import type { Connection } from '../../database/pool.ts';
import { coarseOf } from './candidate-sql.ts';
import type { PageCursor, SortKey } from './cursor.ts';
import type { RowCounts } from './row-counts.ts';
import { allOf, code, type Sql, sql } from './sql.ts';

export type Sort = { readonly field: string; readonly isDescending: boolean };

/** The rows to read: a table under an alias. */
export type PageSource = {
  /** `from` and all joins that the conditions may need. */
  readonly from: Sql;
  /** The columns that the response needs. */
  readonly columns: Sql;
  /** The id, a number or a text. */
  readonly id: Sql;
  readonly idType: 'bigint' | 'text';
  /** The condition of every row, with its workspace. */
  readonly always: Sql;
};

export type PageRequest = {
  readonly condition: Sql;
  readonly sort: Sort;
  readonly after: PageCursor | null;
  /** Number of rows to skip, for clients that count pages. */
  readonly offset: number;
  readonly rowsMax: number;
};

export type Page<Row> = {
  readonly rows: readonly Row[];
  /** Null when this is the last page. */
  readonly end: { readonly key: SortKey; readonly id: string | number } | null;
};

type Placed = { readonly sortKey: SortKey; readonly rowId: string | number };

/** The fields of any target. */
type SortedTable = Pick<StoredTable<never>, 'fields'>;

/** The name by which cursors remember a sort. */
export const nameOfSort = ({ field, isDescending }: Sort): string =>
  `${isDescending ? '-' : ''}${field}`;

/** Whether rows can be sorted by a field. */
export const isSortable = (table: SortedTable, name: string): boolean => {
  const type = table.fields.get(name)?.type;
  return type !== undefined && type in keyTypes;
};

/** How sort keys of a type are written to a cursor and read back. */
const keyTypes: Readonly<
  Record<string, { out: (column: Sql) => Sql; back: (key: SortKey) => Sql }>
> = {
  time: {
    out: (column) => sql`(extract(epoch from ${column}) * 1000000)::bigint`,
    back: (key) => sql`('epoch'::timestamptz + ${key}::bigint * interval '1 microsecond')`,
  },
  number: { out: (column) => column, back: (key) => sql`${key}::bigint` },
  id: { out: (column) => column, back: (key) => sql`${key}::bigint` },
  text: { out: (column) => column, back: (key) => sql`${key}::text` },
};

/** Whether an untrusted cursor fits the sort, so that the database can compare its key. */
export function fitsSort(
  table: SortedTable,
  { idType }: Pick<PageSource, 'idType'>,
  sort: Sort,
  { sort: name, key, id, page }: PageCursor,
): boolean {
  const isText = table.fields.get(sort.field)?.type === 'text';
  return (
    name === nameOfSort(sort) &&
    page > 1 &&
    (key === null || typeof key === (isText ? 'string' : 'number')) &&
    typeof id === (idType === 'text' ? 'string' : 'number')
  );
}

/** Fields that have a value in every row. */
const alwaysThere = new Set(['created_at', 'updated_at', 'id']);

/** Reads a page. */
export async function findPage<Source, Row extends object>(
  connection: Connection,
  table: StoredTable<Source>,
  source: PageSource,
  { condition, sort, after, offset, rowsMax }: PageRequest,
): Promise<Page<Row>> {
  const { type, sql: text, coarse } = table.fields.get(sort.field)!;
  const column = code(`(${text})`);
  const { out, back } = keyTypes[type]!;
  const direction = code(sort.isDescending ? 'desc' : 'asc');
  const isNullable = !alwaysThere.has(sort.field);
  const coarseOrder = coarse === undefined ? code('') : sql`${code(coarse.sql)} ${direction}, `;
  const order = isNullable
    ? sql`${column} ${direction} nulls last, ${source.id} ${direction}`
    : sql`${coarseOrder}${column} ${direction}, ${source.id} ${direction}`;
  const begin =
    after === null
      ? []
      : [
          ...(coarse === undefined ? [] : [afterCoarse(coarse, sort, after)]),
          afterPlace({ column, source, back, isNullable }, sort, after),
        ];
  const statement = sql`
    select ${source.columns}, ${out(column)} as "sortKey", ${source.id} as "rowId"
    from ${source.from}
    where ${allOf([source.always, condition, ...begin])}
    order by ${order} limit ${rowsMax + 1} offset ${offset}`;
  const { rows } = await connection.query<Row & Placed>(statement.toStatement());
  const page = rows.slice(0, rowsMax);
  const last = rows.length > rowsMax ? page.at(-1) : undefined;
  return {
    rows: page,
    end: last === undefined ? null : { key: last.sortKey, id: last.rowId },
  };
}

type SortColumn = {
  readonly column: Sql;
  readonly source: PageSource;
  readonly back: (key: SortKey) => Sql;
  readonly isNullable: boolean;
};

/** SQL of the rows after a position in the order. Missing keys come last, in either direction. */
function afterPlace(
  { column, source, back, isNullable }: SortColumn,
  { isDescending }: Sort,
  { key, id }: PageCursor,
): Sql {
  const beyond = code(isDescending ? '<' : '>');
  const ownId = sql`${id}::${code(source.idType)}`;
  if (key === null) return sql`(${column} is null and ${source.id} ${beyond} ${ownId})`;
  const row = sql`(${column}, ${source.id}) ${beyond} (${back(key)}, ${ownId})`;
  return isNullable ? sql`(${row} or ${column} is null)` : row;
}

/** SQL of the rows after a position, by the coarse time that an index has. */
const afterCoarse = (coarse: Coarse, { isDescending }: Sort, { key }: PageCursor): Sql =>
  sql`${code(coarse.sql)} ${code(isDescending ? '<=' : '>=')} ${coarseOf(coarse, Number(key) / 1_000_000)}`;

/** Counts the rows that match a condition. */
export async function countRows(
  connection: Connection,
  { from, always }: PageSource,
  condition: Sql,
  counts: RowCounts,
): Promise<number> {
  const statement = sql`
    select count(*) as count from ${from} where ${allOf([always, condition])}`.toStatement();
  return counts.get(statement, async () => {
    const { rows } = await connection.query<{ count: number }>(statement);
    return rows[0]!.count;
  });
}
