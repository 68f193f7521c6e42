// Sets right what the database dated while its clock was ahead: lanes, leases and jobs that would wait as long as the
// clock had jumped. Timers of conversations need none of it: they go by the shared time, which does not jump.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** What can have been dated before the jump lies nearer than this; what comes a little early is tried a little early. */
const marginMs = 5_000;

const shifted = (table: string) => `update ${table}
  set due_at = due_at - $1::float8 * interval '1 millisecond'
  where due_at > now() + ($1::float8 - $2::float8) * interval '1 millisecond'
  returning 1`;

/**
 * Moves what is due too late by the jump. A retry that was due that late by right comes earlier, which does no harm.
 * @param byMs how far the clock was ahead.
 * @param sinceMs how long ago it was not ahead yet.
 * @returns rows that were moved.
 */
export async function repairDueTimes(pool: Pool, byMs: number, sinceMs: number): Promise<number> {
  const marginOf = Math.min(sinceMs + marginMs, byMs / 2);
  const values = [byMs, marginOf];
  const lanes = await runStatement(pool, { text: shifted('delivery_lanes'), values });
  const jobs = await runStatement(pool, { text: shifted('jobs'), values });
  return lanes.length + jobs.length;
}
