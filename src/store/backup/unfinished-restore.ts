// The mark of an unfinished restore in the database. It is created before any table, and the transaction that restores
// the rows removes it, so a database with the mark has none of the rows. No migration creates it, since none may have
// run yet.

import type { Connection } from '../../database/pool.ts';
import { RestoreUnfinished } from '../../database/restore-mark.ts';

export async function beginRestore(connection: Connection, file: string): Promise<void> {
  await connection.query(`create table if not exists parley.unfinished_restore (
    file text not null, started_at timestamptz not null default now())`);
  await connection.query('insert into parley.unfinished_restore (file) values ($1)', [file]);
}

/** Removes the mark, as part of the transaction that restores the rows. */
export async function endRestore(connection: Connection): Promise<void> {
  await connection.query('drop table parley.unfinished_restore');
}

/** Checks that there is no unfinished restore. @throws RestoreUnfinished. */
export async function assertNoUnfinishedRestore(connection: Connection): Promise<void> {
  const { rows } = await connection.query<{ isThere: boolean }>(
    `select to_regclass('parley.unfinished_restore') is not null as "isThere"`,
  );
  if (!rows[0]!.isThere) return;
  const begun = await connection.query<{ file: string; at: string }>(
    `select file, to_char(started_at at time zone 'utc', 'YYYY-MM-DD HH24:MI') as at
      from parley.unfinished_restore order by started_at desc limit 1`,
  );
  const { file, at } = begun.rows[0] ?? { file: 'a backup', at: 'some time' };
  throw new RestoreUnfinished(
    `a restore of ${file} into this database began at ${at} UTC and has not ended: nothing of it is there yet. If it ` +
      'is not running any more, run `parley restore` again.',
  );
}
