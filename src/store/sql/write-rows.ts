// Writes any number of rows of a workspace with one statement, for rows that people set up. Knows no table.

import type { Connection } from '../../database/pool.ts';
import { bigint, type Columns, ColumnWriter, numbered, sqlOf } from './column-arrays.ts';

type WorkspaceRow = { readonly workspaceId: number };

/**
 * Runs one statement on rows; does nothing without rows.
 * @param columns the columns of the rows; at least one is null in no row.
 * @param sql the statement on `input`, which has `workspace_id` and the columns, in the order of the rows.
 * @returns the rows that the statement returns.
 */
export async function writeRows<Row, Returned extends object = never>(
  connection: Connection,
  workspaceId: number,
  rows: readonly Row[],
  columns: Columns<Row>,
  sql: string,
): Promise<readonly Returned[]> {
  if (rows.length === 0) return [];
  const all: Columns<Row & WorkspaceRow> = {
    workspace_id: bigint(({ workspaceId: id }) => id),
    ...columns,
  };
  const text = numbered(`with input as materialized (select ${sqlOf(all).rows}) ${sql}`);
  const owned = rows.map((row) => ({ ...row, workspaceId }));
  return ColumnWriter.lend(async (writer) => {
    const values = writer.write(all, owned);
    return (await connection.query<Returned>({ text, values })).rows;
  });
}
