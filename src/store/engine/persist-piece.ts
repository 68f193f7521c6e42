// A piece of the engine's writing statement: one `with` query, the rows it writes and their columns. Knows no table;
// persist.ts puts the pieces together.

import { type Columns, type ColumnWriter, sqlOf } from '../sql/column-arrays.ts';
import type { GroupWrite } from './group-write.ts';

export type Piece = {
  /** Of the `with` query. */
  readonly name: string;
  /** With a `$` for each parameter. */
  readonly sql: string;
  /** Whether the rows must be there already: then it counts those that were. */
  readonly isUpdate: boolean;
  /** Appends the parameters for what a group has, and says how many rows that are; without rows nothing. */
  readonly parametersOf: (group: GroupWrite, writer: ColumnWriter, values: unknown[]) => number;
};

/** Makes a piece of the rows that a group has for it. */
export function piece<Row>(parts: {
  readonly name: string;
  readonly isUpdate?: boolean;
  /** In the order of a key: servers that lock the same rows in the same order cannot deadlock. */
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

/** Sorts rows by workspace and by the key that others meet them by: numbers as numbers, as `order by` does. */
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
  return a === b ? 0 : a < b ? -1 : 1;
}
