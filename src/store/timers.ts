// Finds the conversations whose time has come. Writes nothing: the signal of a timer moves its conversation on, and the
// timer with it.

import type { Pool } from '../database/pool.ts';
import { runStatement } from './run-statement.ts';

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
  /** When the first of the others is due; null when there is none. */
  readonly nextAt: number | null;
};

const columns = `workspace_id as "workspaceId", id as "conversationId", channel_id as "channelId",
  external_id as "externalId", wake_at as "wakeAt"`;

/** Both parts walk the index of timers and stop: what waits behind them costs nothing. */
export const dueTimersSql = `
(select ${columns}, true as "isDue" from conversations
 where wake_at <= from_ms($1) and deleted_at is null order by wake_at limit $2)
union all
(select ${columns}, false from conversations
 where wake_at > from_ms($1) and deleted_at is null order by wake_at limit 1)`;

/** The timers of all workspaces that are due at a time, and when the next one is. */
export async function findDueTimers(pool: Pool, nowMs: number, limit: number): Promise<DueTimers> {
  const rows = await runStatement<DueTimer & { isDue: boolean }>(pool, {
    name: 'due_timers',
    text: dueTimersSql,
    values: [nowMs, limit],
  });
  return {
    due: rows.filter(({ isDue }) => isDue),
    nextAt: rows.find(({ isDue }) => !isDue)?.wakeAt ?? null,
  };
}
