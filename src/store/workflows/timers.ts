// Finds the conversations whose time has come. Writes nothing: the signal of a timer moves its conversation on, and the
// timer with it.
//
// Come it has only when both clocks say so, the database's and the asking server's. The database's keeps a server whose
// clock is ahead from being early; its own is what the transition goes by, so what is found is over there as well.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type DueTimer = {
  readonly workspaceId: number;
  readonly conversationId: number;
  readonly channelId: number;
  readonly externalId: string;
  readonly wakeAt: number;
};

export type DueTimers = {
  /** Oldest first. */
  readonly due: readonly DueTimer[];
  /** How long until the first of the others is due; null when there is none. */
  readonly nextInMs: number | null;
};

const columns = `workspace_id as "workspaceId", id as "conversationId", channel_id as "channelId",
  external_id as "externalId", wake_at as "wakeAt"`;

/** Both parts walk the index of timers and stop: what waits behind them costs nothing. */
export const dueTimersSql = `
(select ${columns}, null::timestamptz as "databaseNow" from conversations
 where wake_at <= least(now(), from_ms($1)) and deleted_at is null order by wake_at limit $2)
union all
(select ${columns}, now() from conversations
 where wake_at > least(now(), from_ms($1)) and deleted_at is null order by wake_at limit 1)`;

/**
 * The timers of all workspaces that are due, and when the next one is.
 * @param nowMs what the asking server thinks that the time is.
 */
export async function findDueTimers(pool: Pool, nowMs: number, limit: number): Promise<DueTimers> {
  const rows = await runStatement<DueTimer & { databaseNow: number | null }>(pool, {
    name: 'due_timers',
    text: dueTimersSql,
    values: [nowMs, limit],
  });
  const next = rows.find(({ databaseNow }) => databaseNow !== null);
  return {
    due: rows.filter((row) => row !== next),
    nextInMs: next === undefined ? null : next.wakeAt - Math.min(next.databaseNow!, nowMs),
  };
}
