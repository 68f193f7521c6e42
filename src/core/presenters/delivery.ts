// An outbound event with the state of its delivery, as the management API shows it.

import { eventId } from '../conversation/outbound-event-id.ts';

type StoredAttempt = {
  readonly attemptedAt: number;
  readonly status: number | null;
  readonly outcome: string;
  readonly latencyMs: number;
  readonly detail: string;
};

/** A delivery as it is stored, with its state. */
export type StoredDelivery = {
  readonly conversationId: number;
  readonly sequence: number;
  readonly name: string;
  readonly createdAt: number;
  readonly channelId: number;
  readonly channel: string;
  readonly externalId: string | null;
  readonly state: string;
  readonly nextSequence: number | null;
  readonly dueAt: number | null;
  readonly isInFlight: boolean;
  readonly isHeld: boolean;
  readonly isResendRequested: boolean;
  readonly attemptCount: number;
  readonly lastAttempt: StoredAttempt | null;
  readonly deadReason: string | null;
  readonly deadSince: number | null;
  readonly discardedAt: number | null;
  readonly headCreatedAt: number | null;
};

const timeText = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

export const presentAttempt = ({
  attemptedAt,
  outcome,
  status,
  latencyMs,
  detail,
}: StoredAttempt) => ({
  attempted_at: timeText(attemptedAt),
  outcome,
  status,
  latency_ms: latencyMs,
  response: detail,
});

export function presentDelivery(delivery: StoredDelivery) {
  const { conversationId, sequence, createdAt, state, headCreatedAt, deadReason } = delivery;
  const isToCome = state === 'waiting' || state === 'resending';
  const isScheduled = isToCome && !delivery.isHeld && !delivery.isInFlight;
  return {
    type: 'delivery',
    event_id: eventId(conversationId, sequence, createdAt),
    event_name: delivery.name,
    conversation_id: String(conversationId),
    external_conversation_id: delivery.externalId,
    sequence,
    channel: { type: 'channel', id: String(delivery.channelId), name: delivery.channel },
    created_at: timeText(createdAt),
    state,
    in_flight: isToCome && delivery.isInFlight,
    next_attempt_at: isScheduled ? timeText(delivery.dueAt) : null,
    behind:
      isToCome && headCreatedAt !== null
        ? eventId(conversationId, delivery.nextSequence!, headCreatedAt)
        : null,
    attempts: delivery.attemptCount,
    last_attempt: delivery.lastAttempt && presentAttempt(delivery.lastAttempt),
    dead_letter:
      deadReason === null
        ? null
        : {
            reason: deadReason,
            since: timeText(delivery.deadSince),
            discarded_at: timeText(delivery.discardedAt),
            resend_requested: delivery.isResendRequested,
          },
  };
}
