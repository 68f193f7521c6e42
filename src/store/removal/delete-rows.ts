// Deletes rows in small pieces, so that no statement holds locks for long and each can be repeated. Knows no table.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** Rows of one table, as a condition with $1, $2… for the values. */
export type Rows = { readonly table: string; readonly where: string };

/** Deletes some of the rows. @returns how many. */
export async function deleteRows(
  pool: Pool,
  { table, where }: Rows,
  values: readonly unknown[],
  rowsMax: number,
): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `with chosen as materialized (
        select ctid from ${table} where ${where} limit ${rowsMax} for update skip locked),
      gone as (
        delete from ${table} where ctid = any(array(select ctid from chosen)) returning 1)
      select count(*) as count from gone`,
    values: [...values],
  });
  return row!.count;
}

/** Deletes the rows of several tables. @returns how many; less than rowsMax: there were no more. */
export async function deleteFrom(
  pool: Pool,
  tables: readonly Rows[],
  values: readonly unknown[],
  rowsMax: number,
): Promise<number> {
  let count = 0;
  for (const rows of tables) {
    if (count >= rowsMax) break;
    count += await deleteRows(pool, rows, values, rowsMax - count);
  }
  return count;
}
