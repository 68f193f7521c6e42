// Reads the time of the database, for engine/database-clock.ts.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/**
 * Reads the clock of the database at the moment when the statement runs.
 * @throws if the database is unavailable.
 */
export async function readDatabaseTime(pool: Pool): Promise<number> {
  const rows = await runStatement<{ now: number }>(pool, {
    name: 'database_time',
    text: 'select clock_timestamp() as now',
  });
  return rows[0]!.now;
}
