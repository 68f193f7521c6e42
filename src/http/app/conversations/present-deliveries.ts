// The deliveries of a conversation as its thread shows them: where each event of the log is, and how it got there.

import type { DeliveredEvent, Deliveries } from '../../../store/inbox/deliveries.ts';
import type { ShownDelivery } from './schema.ts';

const ANSWER_CHARACTERS_MAX = 300;

export const presentDeliveries = (deliveries: Deliveries): ShownDelivery[] =>
  deliveries.events.map((event) => presentDelivery(event, deliveries));

function presentDelivery(event: DeliveredEvent, deliveries: Deliveries): ShownDelivery {
  const { sequence, attempts, deadReason } = event;
  const { lane } = deliveries;
  const delivered = attempts.findLast(({ outcome }) => outcome === 'delivered') ?? null;
  const last = delivered ?? attempts.at(-1) ?? null;
  const state = stateOf(event, deliveries);
  const waits = state === 'queued' || state === 'retrying';
  return {
    part_id: partIdOf(event.body),
    sequence,
    event: event.name,
    state,
    ahead: waits && lane !== null ? Math.max(0, sequence - lane.nextSequence) : 0,
    attempts: attempts.length,
    next_at: state === 'retrying' ? (lane?.dueAt ?? null) : null,
    delivered_at: delivered?.at ?? null,
    latency_ms: last?.latencyMs ?? null,
    status: last?.status ?? null,
    answer: (deadReason ?? last?.detail)?.slice(0, ANSWER_CHARACTERS_MAX) ?? null,
    history: attempts.map(({ at, status, outcome, latencyMs, detail }, index) => ({
      ...{ number: index + 1, at, status, outcome, latency_ms: latencyMs },
      detail: detail.slice(0, ANSWER_CHARACTERS_MAX),
    })),
  };
}

function stateOf(
  { sequence, attempts, isDead }: DeliveredEvent,
  { lane, hasCallback, isDisabled }: Deliveries,
): ShownDelivery['state'] {
  // A resend delivers what was a dead letter.
  if (attempts.at(-1)?.outcome === 'delivered') return 'delivered';
  if (isDead) return 'dead';
  const isPassed = lane === null || sequence < lane.nextSequence;
  // Its attempts are removed, or it came before there was a callback.
  if (isPassed)
    return attempts.some(({ outcome }) => outcome === 'delivered') ? 'delivered' : 'unseen';
  if (!hasCallback) return 'unseen';
  if (isDisabled) return 'disabled';
  return sequence === lane.nextSequence && lane.attempt > 0 ? 'retrying' : 'queued';
}

/** The part that an event tells of, in either format. */
function partIdOf(body: string): string | null {
  const event = JSON.parse(body) as {
    readonly message?: { readonly id?: unknown };
    readonly data?: {
      readonly item?: {
        readonly conversation_parts?: {
          readonly conversation_parts?: readonly { readonly id?: unknown }[];
        };
      };
    };
  };
  const id =
    event.message?.id ?? event.data?.item?.conversation_parts?.conversation_parts?.at(-1)?.id;
  return id === undefined ? null : String(id);
}
