// Leases due lanes, with the events at their head. A lease is an end time and a token: only its holder sends, and the
// leases of a killed server end by themselves.
//
// Claiming never waits for a lock, so it cannot be part of a deadlock.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type ClaimOrder = {
  readonly workspaceId: number;
  readonly channelId: number;
  /** The most lanes. */
  readonly lanesMax: number;
  readonly leaseMs: number;
};

export type ClaimedEvent = {
  readonly sequence: number;
  readonly name: string;
  readonly body: string;
  /** The time in milliseconds since 1970, part of the event's id. */
  readonly createdAt: number;
};

export type ClaimedLane = {
  readonly workspaceId: number;
  readonly conversationId: number;
  readonly channelId: number;
  readonly nextSequence: number;
  readonly lastSequence: number;
  /** Failed attempts of the event at nextSequence. */
  readonly attempt: number;
  readonly gapFrom: number | null;
  /** The time of the first attempt of the head; null if there was none. */
  readonly firstAttemptAt: number | null;
  /** An event to resend, and its failures. Then it is the only event of the claim. */
  readonly resend: { readonly sequence: number; readonly failures: number } | null;
  readonly events: readonly ClaimedEvent[];
};

export type ClaimLimits = {
  /** The most lanes of all orders together; the first order goes first. */
  readonly lanesMax: number;
  /** The most events of each lane, and their total size. */
  readonly eventsMax: number;
  readonly bytesMax: number;
};

export type DueChannel = { readonly workspaceId: number; readonly channelId: number };

// Goes from channel to channel through the index: skips channels without due lanes, and reads only the first lane of
// the others.
const dueChannelsSql = `
with recursive channel as (
  (select workspace_id, channel_id from delivery_lanes where due_at is not null
   order by workspace_id, channel_id limit 1)
  union all
  select n.workspace_id, n.channel_id from channel as c
  cross join lateral (
    select workspace_id, channel_id from delivery_lanes
    where (workspace_id, channel_id) > (c.workspace_id, c.channel_id) and due_at is not null
    order by workspace_id, channel_id limit 1) as n)
select c.workspace_id as "workspaceId", c.channel_id as "channelId"
from channel as c
cross join lateral (
  select from delivery_lanes
  where workspace_id = c.workspace_id and channel_id = c.channel_id and due_at <= now()
  order by due_at limit 1) as l`;

export const dueChannelsStatement = { name: 'delivery_due_channels', text: dueChannelsSql };

/** Finds the channels with a lane that is due now, whether they may be called or not. */
export const findDueChannels = (pool: Pool): Promise<DueChannel[]> =>
  runStatement<DueChannel>(pool, dueChannelsStatement);

// The events of a lane: from its head on, as many as fit, at least one. A resend goes before new events, but only if
// the lane has passed it: an event still to come would arrive out of order. No coalesce(): under row-level security it
// would keep the planner from using the index.
const claimSql = `
with due as materialized (
  select l.workspace_id, l.conversation_id, k.ms
  from json_to_recordset($1) as k(w bigint, c bigint, n int, ms int)
  cross join lateral (
    select workspace_id, conversation_id from delivery_lanes
    where workspace_id = k.w and channel_id = k.c and due_at <= now()
    order by due_at limit k.n
    for update skip locked) as l
  limit $5
), claimed as (
  update delivery_lanes as l
  set due_at = now() + make_interval(secs => due.ms / 1000.0), lease = $2
  from due
  where l.workspace_id = due.workspace_id and l.conversation_id = due.conversation_id
  returning l.workspace_id, l.conversation_id, l.channel_id, l.next_sequence, l.last_sequence,
    l.attempt, l.gap_from
)
select c.workspace_id as "workspaceId", c.conversation_id as "conversationId",
  c.channel_id as "channelId", c.next_sequence as "nextSequence", c.last_sequence as "lastSequence",
  c.gap_from as "gapFrom", c.attempt,
  case when r.sequence is not null then
    json_build_object('sequence', r.sequence, 'failures', r.attempt) end as resend,
  case when r.sequence is not null or c.attempt > 0 then (
    select ms(a.attempted_at) from delivery_attempts as a
    where a.workspace_id = c.workspace_id and a.conversation_id = c.conversation_id
      and a.sequence = case when r.sequence is null then c.next_sequence else r.sequence end
    order by a.attempted_at limit 1) end as "firstAttemptAt",
  e.events
from claimed as c
left join lateral (
  select sequence, attempt from delivery_resends
  where workspace_id = c.workspace_id and conversation_id = c.conversation_id
    and sequence < c.next_sequence
  order by sequence limit 1) as r on true
cross join lateral (
  select coalesce(json_agg(json_build_object(
      'sequence', sequence, 'name', name, 'body', body, 'createdAt', ms(created_at))), '[]') as events
  from (
    select *, sum(octet_length(body)) over (order by sequence) - octet_length(body) as before
    from (
      select sequence, name, body, created_at from outbound_events
      where workspace_id = c.workspace_id and conversation_id = c.conversation_id
        and sequence >= case when r.sequence is null then c.next_sequence else r.sequence end
        and sequence <= case when r.sequence is null then c.last_sequence else r.sequence end
      order by sequence limit $3) as head) as sized
  where before < $4) as e`;

export const claimStatement = { name: 'delivery_claim', text: claimSql };

/** Leases due lanes, within the orders. A lane is never in two leases at a time. */
export function claimLanes(
  pool: Pool,
  orders: readonly ClaimOrder[],
  lease: string,
  { lanesMax, eventsMax, bytesMax }: ClaimLimits,
): Promise<ClaimedLane[]> {
  const keys = orders.map((order) => ({
    w: order.workspaceId,
    c: order.channelId,
    n: order.lanesMax,
    ms: order.leaseMs,
  }));
  const values = [JSON.stringify(keys), lease, eventsMax, bytesMax, lanesMax];
  return runStatement<ClaimedLane>(pool, { ...claimStatement, values });
}

/** Ends all leases, when the only server starts. */
export async function releaseAllLeases(pool: Pool): Promise<void> {
  await runStatement(pool, {
    text: `with leased as materialized (
        select workspace_id, conversation_id from delivery_lanes
        where lease is not null and due_at is not null
        order by workspace_id, conversation_id for update)
      update delivery_lanes as l set due_at = now(), lease = null from leased
      where l.workspace_id = leased.workspace_id and l.conversation_id = leased.conversation_id`,
  });
}

// The lane is missing if the channel had no callback when the event was logged; a new one begins after the log's end.
const dueResendsSql = `
with waiting as materialized (
  select r.workspace_id, r.conversation_id
  from (select distinct workspace_id, conversation_id from delivery_resends) as r
  left join lateral (
    select due_at from delivery_lanes
    where workspace_id = r.workspace_id and conversation_id = r.conversation_id limit 1) as l on true
  where l.due_at is null
  order by r.workspace_id, r.conversation_id limit 1000
)
insert into delivery_lanes as l
  (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
select e.workspace_id, e.conversation_id, e.channel_id, e.sequence + 1, e.sequence, now()
from waiting as w
cross join lateral (
  select workspace_id, conversation_id, channel_id, sequence from outbound_events
  where workspace_id = w.workspace_id and conversation_id = w.conversation_id
  order by sequence desc limit 1) as e
on conflict (workspace_id, conversation_id)
  do update set due_at = coalesce(l.due_at, excluded.due_at)`;

/**
 * Makes idle lanes with an event to resend due: a request can miss a lane whose results are just being recorded.
 */
export async function wakeResends(pool: Pool): Promise<void> {
  await runStatement(pool, { name: 'delivery_due_resends', text: dueResendsSql });
}
