// Finds the waits of conversations that a wrong clock began in the future. Writes nothing: they are corrected through
// the engine.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** A wait of a conversation, as stored. */
export type WrittenWait = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  readonly externalId: string;
  /** Time at which the run began to wait; null if it does not wait for a time. */
  readonly waitSinceMs: number | null;
  /** Time at which a workflow's snooze began; null if there is none. */
  readonly snoozedAtMs: number | null;
  readonly snoozedUntilMs: number | null;
};

export type FutureWaits = {
  readonly waits: readonly WrittenWait[];
  /** The position of the next page; null at the end. */
  readonly next: number | null;
};

const PAGE_ROWS = 2_000;

// A teammate's snooze names its end, so its beginning does not matter.
const futureWaitsSql = `
with page as materialized (
  select workspace_id, id, channel_id, external_id, wake_at, snoozed_until,
    case when run #>> '{waiting,untilMs}' is not null
      then (run #>> '{waiting,sinceMs}')::bigint end as since
  from conversations where wake_at >= from_ms($1) and deleted_at is null
  order by wake_at limit ${PAGE_ROWS}),
dated as (
  select page.*, case when page.snoozed_until is not null then (
    select case when p.author_type = 'bot' then ms(p.created_at) end from conversation_parts as p
    where p.workspace_id = page.workspace_id and p.conversation_id = page.id
      and p.part_type = 'snoozed'
    order by p.workspace_id desc, p.conversation_id desc, p.position desc limit 1) end as snoozed_at
  from page)
select (select json_agg(json_build_object(
    'workspaceId', workspace_id, 'channelId', channel_id, 'conversationId', id,
    'externalId', external_id, 'waitSinceMs', since, 'snoozedAtMs', snoozed_at,
    'snoozedUntilMs', ms(snoozed_until)))
  from dated where since > $2 or snoozed_at > $2) as waits,
  (select case when count(*) = ${PAGE_ROWS} then ms(max(wake_at)) end from page) as next`;

/**
 * Finds the waits that began later than now.
 * @param afterMs the `next` of the previous page.
 */
export async function findFutureWaits(
  pool: Pool,
  afterMs: number,
  nowMs: number,
): Promise<FutureWaits> {
  const rows = await runStatement<{ waits: WrittenWait[] | null; next: number | null }>(pool, {
    text: futureWaitsSql,
    values: [afterMs, nowMs],
  });
  const { waits, next } = rows[0]!;
  // If one moment has more timers than a page, the rest is skipped, so that the search ends.
  return { waits: waits ?? [], next: next === afterMs ? next + 1 : next };
}
