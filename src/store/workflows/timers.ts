// Finds the conversations whose timers are due. Writes nothing: the signal of a timer advances its conversation and
// clears the timer.
//
// A timer is due only when both the database's and the server's clock say so. The database's keeps a server whose clock
// is ahead from firing early; the server's is the one that the transition uses, so it agrees that the time is up.

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
  /** The due timers, oldest first. */
  readonly due: readonly DueTimer[];
  /** The time until the next timer is due; null: there is none. */
  readonly nextInMs: number | null;
};

const columns = `workspace_id as "workspaceId", id as "conversationId", channel_id as "channelId",
  external_id as "externalId", wake_at as "wakeAt"`;

/** Both parts scan the index of timers and stop early: later timers cost nothing. */
export const dueTimersSql = `
(select ${columns}, null::timestamptz as "databaseNow" from conversations
 where wake_at <= least(now(), from_ms($1)) and deleted_at is null order by wake_at limit $2)
union all
(select ${columns}, now() from conversations
 where wake_at > least(now(), from_ms($1)) and deleted_at is null order by wake_at limit 1)`;

/**
 * Finds the due timers of all workspaces, and when the next one is due.
 * @param nowMs the time by the server's clock.
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
