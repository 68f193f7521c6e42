// Asks the database what time it is. Decides nothing with it: engine/database-clock.ts does.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/**
 * Reads the clock of the database, at the moment in which the statement runs.
 * @throws when the database is unavailable.
 */
export async function readDatabaseTime(pool: Pool): Promise<number> {
  const rows = await runStatement<{ now: number }>(pool, {
    name: 'database_time',
    text: 'select clock_timestamp() as now',
  });
  return rows[0]!.now;
}
