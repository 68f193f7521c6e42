// Makes waiting lanes due now: those of one event, a conversation or a channel. Changes only the time of their next
// attempt, so each conversation keeps its order. Sends nothing: the servers find what is due.

import { setTimeout as pause } from 'node:timers/promises';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type WaitingScope = {
  readonly workspaceId: number;
  readonly channelId: number;
  /** The conversation; null: all of the channel. */
  readonly conversationId: number | null;
};

/** The number of lanes found. */
export type SendNowCount = {
  /** Conversations whose next attempt was moved to now. */
  readonly madeDue: number;
  /** The waiting events of these conversations. */
  readonly events: number;
  /** Conversations that are already due or in flight, counted up to a bound. */
  readonly inFlight: number;
};

/** The most lanes of one statement. */
const LANES_MAX = 1_000;
const COUNT_MAX = 100_000;
/** How often locked lanes are looked for again. */
const PASSES_MAX = 20;
const PASS_PAUSE_MS = 25;

const ofScope = (isConversation: boolean): string => `workspace_id = $1 and channel_id = $2
    and ${isConversation ? 'conversation_id = $3' : '$3::bigint is null'}`;

// Never waits for a lock, so it cannot be part of a deadlock; locks on lanes are short. A leased lane is already in
// flight. The retry schedule starts again: the operator expects the app to be back, and this must not use up the
// attempts of its events.
const dueNowStatement = (isConversation: boolean) => ({
  name: isConversation ? 'send_conversation_now' : 'send_channel_now',
  text: `with early as materialized (
      select workspace_id, conversation_id, next_sequence, last_sequence from delivery_lanes
      where ${ofScope(isConversation)} and lease is null and due_at > now()
      order by due_at limit ${LANES_MAX}
      for update skip locked
    ), made_due as (
      update delivery_lanes as l set due_at = now(), attempt = least(l.attempt, 1)
      from early as e
      where l.workspace_id = e.workspace_id and l.conversation_id = e.conversation_id
    )
    select count(*)::int as "madeDue",
      coalesce(sum(greatest(last_sequence - next_sequence + 1, 0)), 0)::int as events
    from early`,
});

const waitingStatement = (isConversation: boolean) => ({
  name: isConversation ? 'count_waiting_of_conversation' : 'count_waiting_of_channel',
  text: `select count(*)::int as found,
      count(*) filter (where lease is null and due_at > now())::int as early
    from (select lease, due_at from delivery_lanes
      where ${ofScope(isConversation)} and due_at is not null limit ${COUNT_MAX}) as waiting`,
});

/**
 * Makes waiting lanes due now.
 * @param pool a pool that sees all workspaces and may write.
 */
export async function sendNow(pool: Pool, scope: WaitingScope): Promise<SendNowCount> {
  const { workspaceId, channelId, conversationId } = scope;
  const values = [workspaceId, channelId, conversationId];
  const isConversation = conversationId !== null;
  const count = async () => {
    const statement = { ...waitingStatement(isConversation), values };
    return (await runStatement<{ found: number; early: number }>(pool, statement))[0]!;
  };
  const { found } = await count();
  let [madeDue, events] = [0, 0];
  for (let passes = 0; passes < PASSES_MAX; ) {
    const statement = { ...dueNowStatement(isConversation), values };
    const [page] = await runStatement<{ madeDue: number; events: number }>(pool, statement);
    madeDue += page!.madeDue;
    events += page!.events;
    if (page!.madeDue === LANES_MAX) continue;
    if ((await count()).early === 0) break;
    passes += 1;
    await pause(PASS_PAUSE_MS);
  }
  return { madeDue, events, inFlight: Math.max(found - madeDue, 0) };
}

/** The delivery state of an event. */
export type EventDeliveryState = {
  readonly channelId: number;
  readonly name: string;
  readonly createdAt: number;
  /** The next event of its conversation; null: it never had any to send. */
  readonly nextSequence: number | null;
  /** Due time of the conversation; null: it has nothing to send. */
  readonly dueAt: number | null;
  readonly isInFlight: boolean;
  /** Failed attempts of the event at nextSequence. */
  readonly attempt: number;
  readonly isDelivered: boolean;
  /** The reason why the event was dead-lettered; null: it was not. */
  readonly deadReason: string | null;
  readonly discardedAt: number | null;
  /** Whether a resend is requested. */
  readonly isResendRequested: boolean;
  readonly now: number;
};

/** Finds the delivery state of an event; null if there is none. */
export async function findDeliveryState(
  pool: Pool,
  workspaceId: number,
  conversationId: number,
  sequence: number,
): Promise<EventDeliveryState | null> {
  const rows = await runStatement<EventDeliveryState>(pool, {
    text: `select e.channel_id as "channelId", e.name, e.created_at as "createdAt",
        l.next_sequence as "nextSequence", l.due_at as "dueAt", l.lease is not null as "isInFlight",
        coalesce(l.attempt, 0) as attempt,
        exists (select from delivery_attempts as a
          where a.workspace_id = e.workspace_id and a.conversation_id = e.conversation_id
            and a.sequence = e.sequence and a.outcome = 'delivered') as "isDelivered",
        d.reason as "deadReason", d.discarded_at as "discardedAt",
        r.sequence is not null as "isResendRequested", now()
      from outbound_events as e
      left join delivery_lanes as l
        on l.workspace_id = e.workspace_id and l.conversation_id = e.conversation_id
      left join dead_letters as d on d.workspace_id = e.workspace_id
        and d.conversation_id = e.conversation_id and d.sequence = e.sequence
      left join delivery_resends as r on r.workspace_id = e.workspace_id
        and r.conversation_id = e.conversation_id and r.sequence = e.sequence
      where e.workspace_id = $1 and e.conversation_id = $2 and e.sequence = $3`,
    values: [workspaceId, conversationId, sequence],
  });
  return rows[0] ?? null;
}

/**
 * The states of an event:
 *
 *   waiting    not sent yet, or to be retried
 *   resending  a resend is requested and still to come
 *   delivered  the app accepted it
 *   given_up   it is a dead letter
 *   discarded  it was a dead letter, and an operator discarded it
 *   kept       only in the log: the channel had no callback
 */
export const eventStates = [
  'waiting',
  'resending',
  'delivered',
  'given_up',
  'discarded',
  'kept',
] as const;
export type EventState = (typeof eventStates)[number];

export function eventStateOf(
  standing: Pick<
    EventDeliveryState,
    'nextSequence' | 'dueAt' | 'deadReason' | 'discardedAt' | 'isResendRequested'
  >,
  sequence: number,
): EventState {
  const { nextSequence, dueAt, deadReason, discardedAt, isResendRequested } = standing;
  if (isResendRequested) return 'resending';
  if (nextSequence === null || (sequence >= nextSequence && dueAt === null)) return 'kept';
  if (sequence >= nextSequence) return 'waiting';
  if (deadReason === null) return 'delivered';
  return discardedAt === null ? 'given_up' : 'discarded';
}

/** Finds the channel of a conversation; null if the workspace has no such conversation. */
export async function findChannelOfConversation(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  conversationId: number,
): Promise<number | null> {
  const { rows } = await connection.query<{ channelId: number }>({
    text: `select channel_id as "channelId" from conversations
      where workspace_id = $1 and id = $2 and deleted_at is null`,
    values: [workspaceId, conversationId],
  });
  return rows[0]?.channelId ?? null;
}
