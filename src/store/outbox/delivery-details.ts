// Reads everything about the delivery of named events: the lane, attempts, dead letter and resend of each.

import type { Connection } from '../../database/pool.ts';
import type { EventDeliveryState } from './due-now.ts';
import type { Attempt, EventKey } from './event-admin.ts';

export type Delivery = EventKey &
  Omit<EventDeliveryState, 'now' | 'isDelivered'> & {
    readonly channel: string;
    /** Null: the conversation is deleted. */
    readonly externalId: string | null;
    readonly attemptCount: number;
    readonly lastAttempt: Attempt | null;
    readonly deadSince: number | null;
    /** When the event before it in its lane was created that has to be delivered first; null: none. */
    readonly headCreatedAt: number | null;
    /** Whether nothing is sent: the callback is disabled, or there is none any more. */
    readonly isHeld: boolean;
  };

type Row = Omit<Delivery, 'lastAttempt'> & { readonly [Key in keyof Attempt]: Attempt[Key] | null };

/** Reads the deliveries of events, in the order of their keys; events that do not exist are left out. */
export async function readDeliveries(
  connection: Connection,
  workspaceId: number,
  keys: readonly EventKey[],
): Promise<readonly Delivery[]> {
  const { rows } = await connection.query<Row>({
    text: `select e.conversation_id as "conversationId", e.sequence, e.name, e.created_at as "createdAt",
        e.channel_id as "channelId", ch.name as channel, c.external_id as "externalId",
        l.next_sequence as "nextSequence", l.due_at as "dueAt", l.lease is not null as "isInFlight",
        coalesce(l.attempt, 0) as attempt, cb.url is null or cb.disabled_at is not null as "isHeld",
        d.reason as "deadReason", d.parked_at as "deadSince", d.discarded_at as "discardedAt",
        r.sequence is not null as "isResendRequested", head.created_at as "headCreatedAt",
        coalesce(a.count, 0)::int as "attemptCount", a.attempted_at as "attemptedAt", a.status, a.outcome,
        a.latency_ms as "latencyMs", a.detail
      from unnest($2::bigint[], $3::int[]) with ordinality as k(conversation_id, sequence, ordinal)
      join outbound_events e on e.workspace_id = $1 and e.conversation_id = k.conversation_id
        and e.sequence = k.sequence
      join channels ch on ch.workspace_id = $1 and ch.id = e.channel_id
      left join channel_callbacks cb on cb.workspace_id = $1 and cb.channel_id = e.channel_id
      left join conversations c on c.workspace_id = $1 and c.id = e.conversation_id and c.deleted_at is null
      left join delivery_lanes l on l.workspace_id = $1 and l.conversation_id = e.conversation_id
      left join dead_letters d on d.workspace_id = $1 and d.conversation_id = e.conversation_id
        and d.sequence = e.sequence
      left join delivery_resends r on r.workspace_id = $1 and r.conversation_id = e.conversation_id
        and r.sequence = e.sequence
      left join lateral (
        select created_at from outbound_events
        where workspace_id = $1 and conversation_id = e.conversation_id and sequence = l.next_sequence
          and l.next_sequence < e.sequence
        limit 1) as head on true
      left join lateral (
        select count(*) over () as count, attempted_at, status, outcome, latency_ms, detail
        from delivery_attempts
        where workspace_id = $1 and conversation_id = e.conversation_id and sequence = e.sequence
        order by attempted_at desc limit 1) as a on true
      order by k.ordinal`,
    values: [
      workspaceId,
      keys.map(({ conversationId }) => conversationId),
      keys.map(({ sequence }) => sequence),
    ],
  });
  return rows.map(({ attemptedAt, status, outcome, latencyMs, detail, ...delivery }) => ({
    ...delivery,
    lastAttempt:
      attemptedAt === null
        ? null
        : { attemptedAt, status, outcome: outcome!, latencyMs: latencyMs!, detail: detail! },
  }));
}
