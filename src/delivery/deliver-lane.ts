// Delivers one leased lane: sends its events in order until one fails or the lease is about to end. Returns the result
// and records nothing.

import type { Clock } from '../base/clock.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import { type DeliveryTry, judgeDelivery } from '../core/delivery-verdict.ts';
import { defaultRetryDelaysMs, resendDelaysMs } from '../core/retry-schedule.ts';
import type { OutgoingHttp, OutgoingResponse } from '../outgoing/http-client.ts';
import type { ClaimedEvent } from '../store/outbox/claim.ts';
import type { AttemptRow, SettledLane } from '../store/outbox/settle.ts';
import type { Callback } from './callbacks.ts';
import type { LeasedLane } from './endpoint-health.ts';
import { loggedEventRequest } from './request.ts';

export type Sender = {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** The User-Agent, for example `Parley/0.1.0`. */
  readonly userAgent: string;
  /** Makes the text of an event ready to be sent; absent: it is. */
  readonly present?: (text: string, workspaceId: number) => string;
};

/** The dependencies of the delivery of a lane. */
export type LaneContext = Sender & {
  /** Returns the current callback; null if nothing more may be sent. */
  readonly callback: () => Callback | null;
  /** Called after each attempt. @param reason the reason of a failure, in a few words. */
  readonly onAttempt: (attempt: AttemptRow, reason: string) => void;
  readonly endpoint: EndpointView;
};

/** The endpoint as seen by other attempts, to judge whether a rejection concerns the event. */
export type EndpointView = {
  /** Whether it has accepted an event within this time. */
  readonly hasTakenWithin: (ms: number) => boolean;
  readonly rejectsAll: boolean;
};

/** A lease lasts this much longer than a response may take: the first event must be in flight by then. */
export const leaseSlackMs = 10_000;
/** The part of leaseSlackMs that is left for recording the result. */
const settlingMs = 5_000;

/** The longest Retry-After that counts for a resend, which blocks its conversation. */
const resendRetryAfterMaxMs = 60_000;

/** The delay of a lane whose events are not visible yet. */
const unseenMs = 500;

/** Delivers the leased events of a lane. Never rejects, unless a dependency throws. */
export async function deliverLane(lane: LeasedLane, context: LaneContext): Promise<SettledLane> {
  const first = lane.events[0];
  if (first === undefined) return withoutEvents(lane);
  if (lane.resend !== null) return deliverResend(lane, first, context);
  let state: LaneState = {
    ...released(lane),
    // Events that were deleted from the log are a gap like any other.
    gapFrom: lane.gapFrom ?? (first.sequence > lane.nextSequence ? lane.nextSequence : null),
  };
  const attempts: AttemptRow[] = [];
  for (const event of lane.events) {
    const callback = context.callback();
    if (callback === null || !hasTimeFor(lane, callback)) return { ...state, attempts, delayMs: 0 };
    const tries = state.attempt + 1;
    const isHead = event.sequence === first.sequence;
    const firstSentAt = (isHead ? lane.firstAttemptAt : null) ?? context.clock();
    const attemptContext = { tries, firstSentAt, gapFrom: state.gapFrom };
    const schedule = callback.retryDelaysMs ?? defaultRetryDelaysMs;
    const outcome = await attemptDelivery(lane, callback, event, attemptContext, schedule, context);
    attempts.push(outcome.attempt);
    state = laneAfter(state, event, outcome, callback);
    if (outcome.attempt.outcome !== 'delivered') return { ...state, attempts };
  }
  return { ...state, attempts };
}

/** Resends an event. The lane keeps its position, whatever the result. */
async function deliverResend(
  lane: LeasedLane,
  event: ClaimedEvent,
  context: LaneContext,
): Promise<SettledLane> {
  const { sequence, failures } = lane.resend!;
  const callback = context.callback();
  if (callback === null || !hasTimeFor(lane, callback)) return released(lane);
  const tries = failures + 1;
  const firstSentAt = lane.firstAttemptAt ?? context.clock();
  const attemptContext = { tries, firstSentAt, gapFrom: null };
  const outcome = await attemptDelivery(
    lane,
    callback,
    event,
    attemptContext,
    resendDelaysMs,
    context,
  );
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
        deadLetter: { sequence, reason: outcome.reason },
      };
    case 'disabled':
      return { ...settled, disabled: { url: callback.url, reason: outcome.reason } };
  }
}

type LaneState = Omit<SettledLane, 'attempts'>;

type Outcome = {
  readonly attempt: AttemptRow;
  /** The delay until the next attempt. */
  readonly delayMs: number | null;
  /** The reason of a failure, in a few words. */
  readonly reason: string;
};

const asItIs = (text: string): string => text;

async function attemptDelivery(
  lane: LeasedLane,
  callback: Callback,
  event: ClaimedEvent,
  attemptContext: Parameters<typeof loggedEventRequest>[3],
  schedule: DeliveryTry['schedule'],
  context: LaneContext,
): Promise<Outcome> {
  const { http, clock, userAgent, present = asItIs } = context;
  const at = clock();
  passFaultPoint('before_send');
  const response = await http.send(
    loggedEventRequest(callback, lane.conversationId, event, attemptContext, {
      userAgent,
      nowMs: at,
      present: (text) => present(text, lane.workspaceId),
    }),
  );
  passFaultPoint('after_send');
  const reason = withoutUnstorable(describe(response));
  const heeded =
    lane.resend === null ? response : withRetryAfterAtMost(resendRetryAfterMaxMs, response);
  const triedForMs = Math.max(clock() - attemptContext.firstSentAt, 0);
  const { outcome, delayMs } = judgeDelivery(heeded, {
    schedule,
    tries: attemptContext.tries,
    triedForMs,
    random01: context.random(),
    retryAfterMs: heeded.kind === 'responded' ? heeded.retryAfterMs : null,
    takesOthers: context.endpoint.hasTakenWithin(triedForMs),
    rejectsAll: context.endpoint.rejectsAll,
  });
  const attempt = {
    sequence: event.sequence,
    at,
    status: response.kind === 'responded' ? response.status : null,
    outcome,
    latencyMs: response.latencyMs,
    detail: withoutUnstorable(response.kind === 'responded' ? response.body : reason),
  };
  context.onAttempt(attempt, reason);
  return { attempt, delayMs, reason };
}

function withRetryAfterAtMost(maxMs: number, response: OutgoingResponse): OutgoingResponse {
  if (response.kind === 'failed' || response.retryAfterMs === null) return response;
  return { ...response, retryAfterMs: Math.min(response.retryAfterMs, maxMs) };
}

/** Returns the state of the lane after an attempt. */
function laneAfter(
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
        deadLetter: { sequence, reason },
      };
    case 'disabled':
      return { ...state, delayMs, disabled: { url: callback.url, reason } };
  }
}

/** Whether the slowest response allowed would arrive before the lease ends. */
const hasTimeFor = (lane: LeasedLane, { timeoutMs }: Callback): boolean =>
  performance.now() + timeoutMs + settlingMs <= lane.leaseEndsAt;

/** Returns the lane unchanged, so that any server may lease it at once. */
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
    deadLetter: null,
    resend: null,
    disabled: null,
  };
}

/**
 * Returns the result of a lane without events. Its events may not be visible yet: the lane is read in its current
 * state, the events at an earlier moment. Skipping them would lose them, so the lane is tried again.
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

/** Removes characters that PostgreSQL cannot store: NUL and lone surrogates. */
const withoutUnstorable = (text: string): string => text.replaceAll('\u0000', '').toWellFormed();
