// Serves one leased lane: sends what is at its head, one event after the other, until one fails or the lease gets
// short. Says what became of it; writes nothing down.

import type { Clock } from '../base/clock.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import {
  type DeliveryTry,
  defaultRetryDelaysMs,
  judgeDelivery,
  resendDelaysMs,
} from '../core/retry-schedule.ts';
import type { OutgoingHttp, OutgoingResponse } from '../outgoing/http-client.ts';
import type { ClaimedEvent } from '../store/outbox/claim.ts';
import type { AttemptRow, SettledLane } from '../store/outbox/settle.ts';
import type { Callback } from './callbacks.ts';
import type { LeasedLane } from './endpoint-health.ts';
import { loggedEventRequest } from './request.ts';

export type Sender = {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** For example `Parley/0.1.0`. */
  readonly userAgent: string;
};

/** What surrounds a lane while it is served. */
export type Surroundings = Sender & {
  /** The callback as it is now; null when nothing more may be sent. */
  readonly callback: () => Callback | null;
  /** @param reason what went wrong, in a few words. */
  readonly onAttempt: (attempt: AttemptRow, reason: string) => void;
  readonly endpoint: EndpointView;
};

/** What is known of the endpoint beside the event that is sent: whether a refusal is about the event. */
export type EndpointView = {
  /** Whether it has taken an event within this time. */
  readonly hasTakenWithin: (ms: number) => boolean;
  readonly refusesAll: boolean;
};

/** A lease lasts this much longer than an answer may take: until then the first event must be on its way. */
export const leaseSlackMs = 10_000;
/** Of that, what is left for the settling. */
const settlingMs = 5_000;

/** What a person asked for again holds up the conversation: a receiver's Retry-After counts for it up to here. */
const resendRetryAfterMaxMs = 60_000;

/** How long to leave a lane alone whose events we do not see yet. */
const unseenMs = 500;

/** Serves a lane to the end of its turn. Never rejects, if the surroundings do not throw. */
export async function deliverLane(lane: LeasedLane, around: Surroundings): Promise<SettledLane> {
  const first = lane.events[0];
  if (first === undefined) return withoutEvents(lane);
  if (lane.resend !== null) return serveResend(lane, first, around);
  let state: LaneState = {
    ...released(lane),
    // Events that are gone from the log are a gap like any other.
    gapFrom: lane.gapFrom ?? (first.sequence > lane.nextSequence ? lane.nextSequence : null),
  };
  const attempts: AttemptRow[] = [];
  for (const event of lane.events) {
    const callback = around.callback();
    if (callback === null || !hasTimeFor(lane, callback)) return { ...state, attempts, delayMs: 0 };
    const tries = state.attempt + 1;
    const isHead = event.sequence === first.sequence;
    const firstSentAt = (isHead ? lane.firstAttemptAt : null) ?? around.clock();
    const circumstances = { tries, firstSentAt, gapFrom: state.gapFrom };
    const schedule = callback.retryDelaysMs ?? defaultRetryDelaysMs;
    const outcome = await trySending(lane, callback, event, circumstances, schedule, around);
    attempts.push(outcome.attempt);
    state = afterwards(state, event, outcome, callback);
    if (outcome.attempt.outcome !== 'delivered') return { ...state, attempts };
  }
  return { ...state, attempts };
}

/** A resend leaves the lane where it is, however it ends. */
async function serveResend(
  lane: LeasedLane,
  event: ClaimedEvent,
  around: Surroundings,
): Promise<SettledLane> {
  const { sequence, failures } = lane.resend!;
  const callback = around.callback();
  if (callback === null || !hasTimeFor(lane, callback)) return released(lane);
  const tries = failures + 1;
  const firstSentAt = lane.firstAttemptAt ?? around.clock();
  const circumstances = { tries, firstSentAt, gapFrom: null };
  const outcome = await trySending(lane, callback, event, circumstances, resendDelaysMs, around);
  const settled = { ...released(lane), attempts: [outcome.attempt], delayMs: outcome.delayMs };
  switch (outcome.attempt.outcome) {
    case 'delivered':
      return { ...settled, resend: { sequence, failures: null, isDelivered: true } };
    case 'retry':
      return { ...settled, resend: { sequence, failures: tries, isDelivered: false } };
    case 'parked':
      return {
        ...settled,
        resend: { sequence, failures: null, isDelivered: false },
        parked: { sequence, reason: outcome.reason },
      };
    case 'disabled':
      return { ...settled, disabled: { url: callback.url, reason: outcome.reason } };
  }
}

type LaneState = Omit<SettledLane, 'attempts'>;

type Outcome = {
  readonly attempt: AttemptRow;
  /** Until the next try. */
  readonly delayMs: number | null;
  /** What went wrong, in a few words. */
  readonly reason: string;
};

async function trySending(
  lane: LeasedLane,
  callback: Callback,
  event: ClaimedEvent,
  circumstances: Parameters<typeof loggedEventRequest>[3],
  schedule: DeliveryTry['schedule'],
  around: Surroundings,
): Promise<Outcome> {
  const { http, clock, userAgent } = around;
  const at = clock();
  passFaultPoint('before_send');
  const response = await http.send(
    loggedEventRequest(callback, lane.conversationId, event, circumstances, {
      userAgent,
      nowMs: at,
    }),
  );
  passFaultPoint('after_send');
  const reason = storable(describe(response));
  const heeded =
    lane.resend === null ? response : withRetryAfterAtMost(resendRetryAfterMaxMs, response);
  const triedForMs = Math.max(clock() - circumstances.firstSentAt, 0);
  const { outcome, delayMs } = judgeDelivery(heeded, {
    schedule,
    tries: circumstances.tries,
    triedForMs,
    random01: around.random(),
    retryAfterMs: heeded.kind === 'answered' ? heeded.retryAfterMs : null,
    takesOthers: around.endpoint.hasTakenWithin(triedForMs),
    refusesAll: around.endpoint.refusesAll,
  });
  const attempt = {
    sequence: event.sequence,
    at,
    status: response.kind === 'answered' ? response.status : null,
    outcome,
    latencyMs: response.latencyMs,
    detail: storable(response.kind === 'answered' ? response.body : reason),
  };
  around.onAttempt(attempt, reason);
  return { attempt, delayMs, reason };
}

function withRetryAfterAtMost(maxMs: number, response: OutgoingResponse): OutgoingResponse {
  if (response.kind === 'failed' || response.retryAfterMs === null) return response;
  return { ...response, retryAfterMs: Math.min(response.retryAfterMs, maxMs) };
}

/** The lane after a try of an event. */
function afterwards(
  state: LaneState,
  { sequence }: ClaimedEvent,
  { attempt, delayMs, reason }: Outcome,
  callback: Callback,
): LaneState {
  switch (attempt.outcome) {
    case 'delivered':
      return { ...state, nextSequence: sequence + 1, attempt: 0, gapFrom: null, delayMs };
    case 'retry':
      return { ...state, attempt: state.attempt + 1, delayMs };
    case 'parked':
      return {
        ...state,
        nextSequence: sequence + 1,
        attempt: 0,
        gapFrom: state.gapFrom ?? sequence,
        delayMs,
        parked: { sequence, reason },
      };
    case 'disabled':
      return { ...state, delayMs, disabled: { url: callback.url, reason } };
  }
}

/** Whether an answer that takes as long as it may would come while the lane is still ours. */
const hasTimeFor = (lane: LeasedLane, { timeoutMs }: Callback): boolean =>
  performance.now() + timeoutMs + settlingMs <= lane.leaseEndsAt;

/** The lane as it was, free for anybody at once. */
export function released(lane: LeasedLane): SettledLane {
  return {
    workspaceId: lane.workspaceId,
    conversationId: lane.conversationId,
    channelId: lane.channelId,
    lease: lane.lease,
    nextSequence: lane.nextSequence,
    attempt: lane.attempt,
    gapFrom: lane.gapFrom,
    delayMs: 0,
    attempts: [],
    parked: null,
    resend: null,
    disabled: null,
  };
}

/**
 * Nothing is there to send. If something should be, we do not see it yet: the lane is as new as can be, but the events
 * were read as of a moment before. Skipping them would lose them, so the lane is looked at again.
 */
function withoutEvents(lane: LeasedLane): SettledLane {
  const settled = { ...released(lane), delayMs: null };
  if (lane.resend !== null) {
    const { sequence } = lane.resend;
    return { ...settled, resend: { sequence, failures: null, isDelivered: false } };
  }
  return lane.lastSequence < lane.nextSequence ? settled : { ...settled, delayMs: unseenMs };
}

function describe(response: OutgoingResponse): string {
  if (response.kind === 'failed') return `${response.reason}: ${response.detail}`;
  const where = response.location === undefined ? '' : ' (redirects are not followed)';
  return `status ${response.status}${where}`;
}

/** PostgreSQL takes neither NUL nor half a surrogate pair. */
const storable = (text: string): string => text.replaceAll('\u0000', '').toWellFormed();
