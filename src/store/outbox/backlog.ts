// Reads the backlog of channels and the health of their endpoints, for metrics, `parley doctor` and `parley channel
// list`. Reads a bounded number of rows of each channel.

import type { Connection, Pool } from '../../database/pool.ts';
import type { UnreadableValue } from '../secrets/sealed-values.ts';
import { runStatement } from '../sql/run-statement.ts';

export type ChannelBacklog = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly workspace: string;
  readonly channel: string;
  readonly disabledAt: number | null;
  readonly disabledReason: string | null;
  readonly failingSince: number | null;
  /** The reason of the endpoint's failure, in a few words. */
  readonly reason: string | null;
  /** Conversations with something to send, counted up to backlogCountMax. */
  readonly conversations: number;
  /** The waiting events of these conversations. */
  readonly events: number;
  /** Time of the oldest waiting event. */
  readonly waitingSince: number | null;
  /** Due time of the next conversation: in the past if it is due now, null if all are in flight. */
  readonly nextTryAt: number | null;
  /** Due time of the last conversation. */
  readonly lastTryAt: number | null;
  /** Dead letters that were neither delivered nor discarded since. */
  readonly deadLetters: number;
  /** The time of the database, with which the other times are compared. */
  readonly now: number;
};

/** The most lanes and dead letters of one channel that are counted. */
const backlogCountMax = 100_000;
/** The most lanes whose oldest event is looked for. */
const lanesAgedMax = 10_000;

// Uses the index of due lanes, in which a healthy channel has hardly any entries.
const waitingLanes = (limit: number) => `
    select conversation_id, next_sequence, last_sequence, due_at, lease from delivery_lanes
    where workspace_id = b.workspace_id and channel_id = b.channel_id and due_at is not null
    order by due_at limit ${limit}`;

const backlogSql = `
select b.workspace_id as "workspaceId", b.channel_id as "channelId", w.name as workspace,
  c.name as channel, b.disabled_at as "disabledAt", b.disabled_reason as "disabledReason",
  h.failing_since as "failingSince", h.reason,
  l.conversations::int, l.events::int, l.next_try as "nextTryAt", l.last_try as "lastTryAt",
  o.since as "waitingSince", d.count::int as "deadLetters", now()
from channel_callbacks as b
join workspaces as w on w.id = b.workspace_id
join channels as c on c.workspace_id = b.workspace_id and c.id = b.channel_id
left join callback_health as h
  on h.workspace_id = b.workspace_id and h.channel_id = b.channel_id and h.url = b.url
cross join lateral (
  select count(*) as conversations, min(due_at) filter (where lease is null) as next_try,
    max(due_at) filter (where lease is null) as last_try,
    coalesce(sum(greatest(last_sequence - next_sequence + 1, 0)), 0) as events
  from (${waitingLanes(backlogCountMax)}) as lane) as l
cross join lateral (
  select min(e.created_at) as since
  from (${waitingLanes(lanesAgedMax)}) as lane
  cross join lateral (
    select created_at from outbound_events
    where workspace_id = b.workspace_id and conversation_id = lane.conversation_id
      and sequence = lane.next_sequence limit 1) as e) as o
cross join lateral (
  select count(*) from (
    select from dead_letters
    where workspace_id = b.workspace_id and channel_id = b.channel_id and discarded_at is null
    limit ${backlogCountMax}) as letter) as d
where b.url is not null
  and ($1::bigint is null or b.workspace_id = $1) and ($2::bigint is null or b.channel_id = $2)
order by b.workspace_id, b.channel_id`;

/** Reads the backlog of every channel with a callback, in the order of their ids. */
export const readBacklogs = (pool: Pool): Promise<ChannelBacklog[]> =>
  runStatement<ChannelBacklog>(pool, {
    name: 'delivery_backlogs',
    text: backlogSql,
    values: [null, null],
  });

/** Reads the backlog of one channel; null if it has no callback. */
export async function readBacklog(
  pool: Pool,
  workspaceId: number,
  channelId: number,
): Promise<ChannelBacklog | null> {
  const rows = await runStatement<ChannelBacklog>(pool, {
    name: 'delivery_backlogs',
    text: backlogSql,
    values: [workspaceId, channelId],
  });
  return rows[0] ?? null;
}

/** Reads the backlogs of the channels of one workspace that have a callback, or that of one of them. */
export async function readBacklogsOf(
  connection: Connection,
  workspaceId: number,
  channelId: number | null,
): Promise<ChannelBacklog[]> {
  return (await connection.query<ChannelBacklog>(backlogSql, [workspaceId, channelId])).rows;
}

/** The states. disabled: by its app. locked: its secrets do not open, so nothing can be signed. */
export const callbackStates = ['healthy', 'failing', 'disabled', 'locked'] as const;
export type CallbackState = (typeof callbackStates)[number];

/** Returns the state of a callback. @param unreadable the sealed values that do not open. */
export function callbackStateOf(
  backlog: ChannelBacklog,
  unreadable: readonly UnreadableValue[],
): CallbackState {
  if (backlog.disabledAt !== null) return 'disabled';
  if (unreadable.some((value) => isOfChannel(value, backlog))) return 'locked';
  return backlog.failingSince === null ? 'healthy' : 'failing';
}

export const isOfChannel = (
  value: UnreadableValue,
  { workspaceId, channelId }: Pick<ChannelBacklog, 'workspaceId' | 'channelId'>,
): boolean => value.workspaceId === workspaceId && value.channelId === channelId;
