// Removes what is older than a moment, in small batches: events of the log with their attempts, in the order of the
// log, and closed conversations, which then go like those of deleted contacts.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** What is older than a moment, in a workspace. */
export type Age = { readonly workspaceId: number; readonly beforeMs: number };

/** An event is kept while it waits for its delivery, as a dead letter, or for a resend. */
export const isDelivered = `not exists (
        select from delivery_lanes as l where l.workspace_id = $1 and l.conversation_id = e.conversation_id
          and l.next_sequence <= e.sequence)
      and not exists (
        select from dead_letters as d where d.workspace_id = $1 and d.conversation_id = e.conversation_id
          and d.sequence = e.sequence and d.discarded_at is null)
      and not exists (
        select from delivery_resends as r where r.workspace_id = $1
          and r.conversation_id = e.conversation_id and r.sequence = e.sequence)`;

export type EventPage = {
  readonly removed: number;
  /** The last position that was looked at; null: there are no older ones. */
  readonly last: number | null;
};

/**
 * Removes some old events of a channel, and their attempts. The index of positions has them in the order of time.
 * @param after the position that the batch before ended with.
 */
export async function removeOldEvents(
  pool: Pool,
  { workspaceId, beforeMs }: Age,
  channelId: number,
  after: number,
  rowsMax: number,
): Promise<EventPage> {
  const [row] = await runStatement<EventPage>(pool, {
    text: `with page as materialized (
        select conversation_id, sequence, position, created_at from outbound_events
        where workspace_id = $1 and channel_id = $2 and position > $3
        order by position limit $5),
      old as materialized (
        select e.conversation_id, e.sequence from page as e
        where e.created_at < from_ms($4) and ${isDelivered}),
      attempts as (
        delete from delivery_attempts as a using old
        where a.workspace_id = $1 and a.conversation_id = old.conversation_id and a.sequence = old.sequence),
      letters as (
        delete from dead_letters as d using old
        where d.workspace_id = $1 and d.conversation_id = old.conversation_id and d.sequence = old.sequence),
      gone as (
        delete from outbound_events as e using old
        where e.workspace_id = $1 and e.conversation_id = old.conversation_id and e.sequence = old.sequence
        returning 1)
      select (select count(*) from gone) as removed,
        case when (select min(created_at) from page) < from_ms($4) then (select max(position) from page)
        end as last`,
    values: [workspaceId, channelId, after, beforeMs, rowsMax],
  });
  return row!;
}

/** The conversations that are closed, have not changed since, and wait for nothing: no time, no delivery. */
const areOld = `v.workspace_id = $1 and v.state = 'closed' and v.deleted_at is null
        and v.created_at < from_ms($2) and v.updated_at < from_ms($2) and v.wake_at is null
        and not exists (
          select from delivery_lanes as l where l.workspace_id = $1 and l.conversation_id = v.id
            and l.next_sequence <= l.last_sequence)
        and not exists (
          select from dead_letters as d where d.workspace_id = $1 and d.conversation_id = v.id
            and d.discarded_at is null)
        and not exists (
          select from delivery_resends as r where r.workspace_id = $1 and r.conversation_id = v.id)`;

/** Counts what would be removed. */
export async function countOldConversations(pool: Pool, age: Age): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `select count(*) as count from conversations as v where ${areOld}`,
    values: [age.workspaceId, age.beforeMs],
  });
  return row!.count;
}

/**
 * Hides some old conversations, and notes that they are to be removed (jobs/removals.ts).
 * @param among their ids; null: any.
 * @returns how many.
 */
export async function noteOldConversations(
  pool: Pool,
  { workspaceId, beforeMs }: Age,
  conversationsMax: number,
  among: readonly number[] | null = null,
): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `with chosen as materialized (
        select v.id, v.event_count from conversations as v
        where ${areOld} ${among === null ? '' : 'and v.id = any($4::bigint[])'}
        order by v.created_at limit $3 for update of v skip locked),
      noted as (
        insert into conversation_removals
          (workspace_id, conversation_id, contact_id, is_shared, last_sequence, due_at)
        select $1, id, '', false, event_count, now() from chosen on conflict do nothing),
      hidden as (
        update conversations as v set version = v.version + 1, deleted_at = now(), external_id = '',
          title = null, custom_attributes = '{}', tag_ids = '{}', other_contact_ids = '{}', run = null,
          source = null, statistics = null, wake_at = null, snoozed_until = null
        from chosen as c where v.workspace_id = $1 and v.id = c.id returning 1)
      select count(*) as count from hidden`,
    values: [workspaceId, beforeMs, conversationsMax, ...(among === null ? [] : [among])],
  });
  return row!.count;
}

/** Counts the conversations that are being removed for their age. @param countMax where it stops. */
export async function countAgedRemovals(
  pool: Pool,
  workspaceId: number,
  countMax: number,
): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `select count(*) as count from (
        select from conversation_removals where workspace_id = $1 and contact_id = '' limit $2) as found`,
    values: [workspaceId, countMax],
  });
  return row!.count;
}

/** Lists the channels of a workspace, by id. */
export async function listChannelIds(pool: Pool, workspaceId: number): Promise<number[]> {
  const rows = await runStatement<{ id: number }>(pool, {
    text: 'select id from channels where workspace_id = $1 order by id',
    values: [workspaceId],
  });
  return rows.map(({ id }) => id);
}
