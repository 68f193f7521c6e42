// The delivery of the messages of a conversation to the app, as a teammate sees it: the newest events of the log, with
// their attempts and what became of them.

import type { Connection } from '../../database/pool.ts';

type Querying = Pick<Connection, 'query'>;

/** The newest events that are shown. */
const EVENTS_MAX = 100;

export type DeliveredEvent = {
  readonly sequence: number;
  readonly name: string;
  readonly body: string;
  readonly createdAt: number;
  readonly isDead: boolean;
  readonly deadReason: string | null;
  /** Oldest first. */
  readonly attempts: readonly {
    readonly at: number;
    readonly status: number | null;
    readonly outcome: 'delivered' | 'retry' | 'parked' | 'disabled';
    readonly latencyMs: number;
    readonly detail: string;
  }[];
};

/** The lane of a conversation; null: nothing is, or was, to be delivered. */
export type DeliveryLane = {
  readonly nextSequence: number;
  readonly attempt: number;
  readonly dueAt: number | null;
};

export type Deliveries = {
  readonly events: readonly DeliveredEvent[];
  readonly lane: DeliveryLane | null;
  readonly hasCallback: boolean;
  readonly isDisabled: boolean;
};

/** Reads the deliveries of a conversation; null if there is none of this id. */
export async function readDeliveries(
  connection: Querying,
  workspaceId: number,
  conversationId: number,
): Promise<Deliveries | null> {
  const values = [workspaceId, conversationId];
  const { rows } = await connection.query<Omit<Deliveries, 'events'>>({
    name: 'inbox_delivery_lane',
    text: `select b.url is not null as "hasCallback", b.disabled_at is not null as "isDisabled",
        (select json_build_object('nextSequence', l.next_sequence, 'attempt', l.attempt, 'dueAt', ms(l.due_at))
          from delivery_lanes l where l.workspace_id = $1 and l.conversation_id = $2) as lane
      from conversations v
      left join channel_callbacks b on b.workspace_id = $1 and b.channel_id = v.channel_id
      where v.workspace_id = $1 and v.id = $2 and v.deleted_at is null`,
    values,
  });
  const state = rows[0];
  if (state === undefined) return null;
  const { rows: events } = await connection.query<DeliveredEvent>({
    name: 'inbox_delivered_events',
    text: `select e.sequence, e.name, e.body, e.created_at as "createdAt",
        d.sequence is not null as "isDead", d.reason as "deadReason",
        coalesce((
          select json_agg(json_build_object('at', ms(a.attempted_at), 'status', a.status, 'outcome', a.outcome,
            'latencyMs', a.latency_ms, 'detail', a.detail) order by a.attempted_at)
          from delivery_attempts a
          where a.workspace_id = $1 and a.conversation_id = $2 and a.sequence = e.sequence), '[]') as attempts
      from (
        select * from outbound_events where workspace_id = $1 and conversation_id = $2
        order by sequence desc limit ${EVENTS_MAX}) as e
      left join dead_letters d on d.workspace_id = $1 and d.conversation_id = $2
        and d.sequence = e.sequence and d.discarded_at is null
      order by e.sequence`,
    values,
  });
  return { ...state, events };
}
