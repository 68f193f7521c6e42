// Removes what is old in conversations that stay, for some of them at a time: records of signals with their traces,
// attempts of delivered events, ids of the app's events.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import { deleteRows } from './delete-rows.ts';
import { type Age, isDelivered } from './old-rows.ts';

/** How many records of one conversation are looked at: the oldest come first, so more are never in vain. */
const TRACES_OF_CONVERSATION = 10;

export type ConversationPage = {
  readonly ids: readonly number[];
  /** The last conversation of the page; null: there are no older ones. */
  readonly last: number | null;
};

/** Lists some conversations that began before a moment, by id, which is the order of their beginning. */
export async function pageConversations(
  pool: Pool,
  { workspaceId, beforeMs }: Age,
  after: number,
  rowsMax: number,
): Promise<ConversationPage> {
  const [row] = await runStatement<ConversationPage>(pool, {
    text: `with page as materialized (
        select id, created_at, deleted_at from conversations where workspace_id = $1 and id > $2
        order by id limit $4)
      select coalesce((select json_agg(id) from page
          where created_at < from_ms($3) and deleted_at is null), '[]') as ids,
        case when (select min(created_at) from page) < from_ms($3) then (select max(id) from page) end as last`,
    values: [workspaceId, after, beforeMs, rowsMax],
  });
  return row!;
}

/** Removes some of the old records. @returns how many. */
export async function removeOldTraces(
  pool: Pool,
  { workspaceId, beforeMs }: Age,
  conversationIds: readonly number[],
): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `with old as materialized (
        select s.conversation_id, s.ordinal from unnest($2::bigint[]) as c (id)
        cross join lateral (
          select conversation_id, ordinal, received_at from conversation_signals
          where workspace_id = $1 and conversation_id = c.id order by ordinal limit ${TRACES_OF_CONVERSATION}) as s
        where s.received_at < from_ms($3)),
      gone as (
        delete from conversation_signals as s using old
        where s.workspace_id = $1 and s.conversation_id = old.conversation_id and s.ordinal = old.ordinal
        returning 1)
      select count(*) as count from gone`,
    values: [workspaceId, conversationIds, beforeMs],
  });
  return row!.count;
}

const inPage = 'workspace_id = $1 and conversation_id = any($2::bigint[])';

/** Removes some of the old attempts; those of events that wait, and of dead letters, stay. @returns how many. */
export const removeOldAttempts = (
  pool: Pool,
  { workspaceId, beforeMs }: Age,
  conversationIds: readonly number[],
  rowsMax: number,
): Promise<number> =>
  deleteRows(
    pool,
    {
      table: 'delivery_attempts as e',
      where: `${inPage} and attempted_at < from_ms($3) and ${isDelivered}`,
    },
    [workspaceId, conversationIds, beforeMs],
    rowsMax,
  );

/** Removes some of the old ids of events. @returns how many. */
export const removeOldEventIds = (
  pool: Pool,
  { workspaceId, beforeMs }: Age,
  conversationIds: readonly number[],
  rowsMax: number,
): Promise<number> =>
  deleteRows(
    pool,
    {
      table: 'channel_events',
      where: `${inPage} and received_at < from_ms($3) and contact_id = any(array(
        select unnest(other_contact_ids || contact_id) from conversations
        where workspace_id = $1 and id = any($2::bigint[])))`,
    },
    [workspaceId, conversationIds, beforeMs],
    rowsMax,
  );
