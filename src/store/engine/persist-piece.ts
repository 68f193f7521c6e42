// A piece of the engine's writing statement: one `with` query, the rows it writes and their columns. Knows no table;
// persist.ts puts the pieces together.

import { type Columns, type ColumnWriter, sqlOf } from '../sql/column-arrays.ts';
import type { GroupWrite } from './group-write.ts';

export type Piece = {
  /** The name of the `with` query. */
  readonly name: string;
  /** The SQL, with a `$` for each parameter. */
  readonly sql: string;
  /** Whether the rows must exist already; the query then counts those that do. */
  readonly isUpdate: boolean;
  /** Appends the parameters for a group's rows and returns their number; without rows appends nothing. */
  readonly parametersOf: (group: GroupWrite, writer: ColumnWriter, values: unknown[]) => number;
};

/** Creates a piece. */
export function piece<Row>(parts: {
  readonly name: string;
  readonly isUpdate?: boolean;
  /** Returns the rows in the order of a key: servers that lock rows in the same order cannot deadlock. */
  readonly rowsOf: (group: GroupWrite) => readonly Row[];
  readonly columns: Columns<Row>;
  readonly sql: (of: { readonly names: string; readonly rows: string }) => string;
}): Piece {
  const { name, isUpdate = false, rowsOf, columns, sql } = parts;
  return {
    name,
    sql: sql(sqlOf(columns)),
    isUpdate,
    parametersOf(group, writer, values) {
      const rows = rowsOf(group);
      if (rows.length > 0) values.push(...writer.write(columns, rows));
      return rows.length;
    },
  };
}

/** Sorts rows by workspace and by the key in which servers lock them: numbers as numbers, as `order by` does. */
export const inOrder = <Row extends { readonly workspaceId: number }>(
  rows: readonly Row[],
  keyOf: (row: Row) => string | number | null,
): readonly Row[] =>
  rows.length < 2
    ? rows
    : rows
        .map((row) => ({ row, key: keyOf(row) ?? '' }))
        .sort((a, b) => a.row.workspaceId - b.row.workspaceId || compareKeys(a.key, b.key))
        .map(({ row }) => row);

function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
