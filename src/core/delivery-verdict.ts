// Decides what a response means for a delivery: delivered, retried, a dead letter, or the end of the callback. Pure:
// the caller sends, waits and records.

import { assertNever } from '../base/result.ts';
import { nextDelayMs } from './retry-schedule.ts';

/** The receiver's response, as far as it matters here. */
export type DeliveryResponse =
  | { readonly kind: 'responded'; readonly status: number }
  | { readonly kind: 'failed' };

/**
 *   delivered    the receiver has it
 *   retry        the receiver may take it later
 *   dead_letter  the receiver will never take it: the next one is sent
 *   disable      the receiver wants no more events
 */
export type DeliveryVerdict = 'delivered' | 'retry' | 'dead_letter' | 'disable';

/** Client errors that are worth a retry: a slow request, a conflict, too early, too many. */
const retryableStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Decides what a response means for the event. A redirect is never followed, so it is a failure like any other. */
export function classifyResponse(response: DeliveryResponse): DeliveryVerdict {
  switch (response.kind) {
    case 'failed':
      return 'retry';
    case 'responded':
      return classifyStatus(response.status);
    default:
      return assertNever(response);
  }
}

function classifyStatus(status: number): DeliveryVerdict {
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'disable';
  return status >= 400 && status < 500 && !retryableStatuses.has(status) ? 'dead_letter' : 'retry';
}

/** Client errors about the content of this one event. Every other 4xx says something about the endpoint. */
const eventErrorStatuses: ReadonlySet<number> = new Set([400, 413, 422]);

/** How long an endpoint may reject an event while it accepts others, before the event is dead-lettered. */
export const endpointPatienceMs = 3_600_000;

/** The attempt that got the response. */
export type DeliveryTry = {
  readonly schedule: readonly number[];
  /** Tries so far, this one included. */
  readonly tries: number;
  readonly triedForMs: number;
  readonly random01: number;
  readonly retryAfterMs: number | null;
  /** Whether the endpoint has taken another event since this one was first tried. */
  readonly takesOthers: boolean;
  /** Whether it has rejected so many events in a row that the endpoint must be at fault. */
  readonly rejectsAll: boolean;
};

export type DeliveryOutcome = {
  readonly outcome: 'delivered' | 'retry' | 'parked' | 'disabled';
  /** The delay until the next try; null: none, or at once. */
  readonly delayMs: number | null;
};

/**
 * Decides what becomes of an event after an attempt. An endpoint at fault (a wrong token, a path that a deploy lost, a
 * proxy in between) rejects everything: its events are dead-lettered no sooner than those of an endpoint that is down.
 */
export function judgeDelivery(response: DeliveryResponse, around: DeliveryTry): DeliveryOutcome {
  const verdict = classifyResponse(response);
  switch (verdict) {
    case 'delivered':
      return { outcome: 'delivered', delayMs: null };
    case 'disable':
      // The lane stays due: delivery resumes when the channel is enabled again.
      return { outcome: 'disabled', delayMs: 0 };
    case 'dead_letter':
      return isDeadLetter(response, around)
        ? { outcome: 'parked', delayMs: null }
        : tryAgain(around);
    case 'retry':
      return tryAgain(around);
    default:
      return assertNever(verdict);
  }
}

/** Whether a rejection seems to concern the event itself. */
function isDeadLetter(response: DeliveryResponse, around: DeliveryTry): boolean {
  if (around.rejectsAll) return false;
  if (isEventRejection(response)) return true;
  return around.takesOthers && around.triedForMs >= endpointPatienceMs;
}

/** Whether a response rejects the content of the event rather than the call. */
export const isEventRejection = (response: DeliveryResponse): boolean =>
  response.kind === 'responded' && eventErrorStatuses.has(response.status);

function tryAgain(around: DeliveryTry): DeliveryOutcome {
  const { schedule, tries, random01, retryAfterMs } = around;
  const delayMs = nextDelayMs(schedule, tries, random01, retryAfterMs);
  return { outcome: delayMs === null ? 'parked' : 'retry', delayMs };
}
