// Corrects times that the database set while its clock was ahead: lanes, leases and jobs would wait as long as the
// clock had jumped. Timers of conversations need no repair: they use the shared time, which does not jump.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** The tolerance: rows due up to this much sooner than the jump are moved too, and may come a little early. */
const marginMs = 5_000;

const shifted = (table: string) => `update ${table}
  set due_at = due_at - $1::float8 * interval '1 millisecond'
  where due_at > now() + ($1::float8 - $2::float8) * interval '1 millisecond'
  returning 1`;

/**
 * Moves rows that are due too late back by the jump. A retry that was rightly due that late comes early, which is
 * harmless.
 * @param byMs how far the clock was ahead.
 * @param sinceMs how long ago the clock was still right.
 * @returns the number of rows moved.
 */
export async function repairDueTimes(pool: Pool, byMs: number, sinceMs: number): Promise<number> {
  const marginOf = Math.min(sinceMs + marginMs, byMs / 2);
  const values = [byMs, marginOf];
  const lanes = await runStatement(pool, { text: shifted('delivery_lanes'), values });
  const jobs = await runStatement(pool, { text: shifted('jobs'), values });
  const erasures = await runStatement(pool, { text: shifted('erasures'), values });
  const removals = await runStatement(pool, { text: shifted('conversation_removals'), values });
  const retention = await runStatement(pool, { text: shifted('retention'), values });
  return lanes.length + jobs.length + erasures.length + removals.length + retention.length;
}
