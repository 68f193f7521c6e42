// Finds the waits of conversations that began in what turned out to be the future: a wrong clock set them. Writes
// nothing: they are moved through the engine.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** A wait of a conversation, as it was written down. */
export type WrittenWait = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  readonly externalId: string;
  /** When the run began to wait; null when it does not wait for a time. */
  readonly waitSinceMs: number | null;
  /** When a workflow's snooze began; null when there is none. */
  readonly snoozedAtMs: number | null;
  readonly snoozedUntilMs: number | null;
};

export type FutureWaits = {
  readonly waits: readonly WrittenWait[];
  /** Where to go on; null at the end. */
  readonly next: number | null;
};

const PAGE_ROWS = 2_000;

// A teammate's snooze names its end, so when it began does not matter.
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
 * Waits that began later than now.
 * @param afterMs looks at timers from here on: the `next` of the page before.
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
  // More timers at one moment than a page holds: the rest of them is left out, not looked at for ever.
  return { waits: waits ?? [], next: next === afterMs ? next + 1 : next };
}
