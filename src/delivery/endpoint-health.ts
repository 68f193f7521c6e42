// The health of one channel's endpoint (a circuit breaker): its queued lanes, how many may be sent at a time, and the
// results of the last attempts. Only counts; sends nothing.

import type { ClaimedLane } from '../store/outbox/claim.ts';
import type { Callback } from './callbacks.ts';

/** A lane with the lease that lets this server deliver it. */
export type LeasedLane = ClaimedLane & {
  readonly lease: string;
  /** The end of the lease on the scale of performance.now(), never later than in the database. */
  readonly leaseEndsAt: number;
};

/** Lanes in flight to a healthy endpoint. */
const sendingMax = 64;
/** Lanes in flight to an unproven endpoint: it may be dead, and then each holds its slot until the time limit. */
const firstSendingMax = 8;
/** An endpoint that accepted nothing for this long starts slowly again. */
const healthyTtlMs = 1_000;
/** Lanes in flight to a failing endpoint (half-open): enough to notice that it has recovered. */
const probingMax = 2;
/** Consecutive failures after which an endpoint is failing. */
const failuresUntilProbing = 3;
/** Consecutive rejections after which the endpoint is at fault, not the events. */
const rejectionsUntilFault = 20;
/** Lanes are prefetched for endpoints that respond faster than this, so that they never wait for the database. */
const quickLatencyMs = 100;
/** An endpoint with lanes in flight that is silent for longer than this may be hanging. */
const silenceMs = 1_000;
/** Ephemeral events in flight to one endpoint; more are dropped. */
const ephemeralMax = 16;

/**
 *   healthy   it accepted the last event
 *   unproven  it has accepted nothing yet, failed the last time, or is silent
 *   failing   it failed several times in succession
 */
export type EndpointHealth = 'healthy' | 'unproven' | 'failing';

export class Endpoint {
  /** The callback; null: the endpoint must not be called now. */
  callback: Callback | null;
  readonly queue: LeasedLane[] = [];
  sending = 0;
  ephemeralInFlight = 0;
  /** Whether more lanes were due than were leased. */
  mayHaveMore = false;
  #failures = 0;
  /** Events rejected since the last accepted one. */
  #rejections = 0;
  #latencyMs = 0;
  #earnedPace = firstSendingMax;
  #deliveredAt = Number.NEGATIVE_INFINITY;
  /** Time of the last accepted event; a rejection is no proof of health. */
  #acceptedAt = Number.NEGATIVE_INFINITY;
  /** Time of the last response or failure, or of the first lane sent. */
  #activityAt = Number.NEGATIVE_INFINITY;

  constructor(callback: Callback) {
    this.callback = callback;
  }

  get health(): EndpointHealth {
    if (this.#failures >= failuresUntilProbing) return 'failing';
    const hasDelivered = this.#deliveredAt !== Number.NEGATIVE_INFINITY;
    if (!hasDelivered || this.#failures > 0) return 'unproven';
    const isSilent = this.sending > 0 && performance.now() - this.#activityAt > silenceMs;
    return isSilent ? 'unproven' : 'healthy';
  }

  /** The number of lanes queued or in flight. */
  get held(): number {
    return this.queue.length + this.sending;
  }

  /** Whether it has no lanes, queued or in flight. */
  get isIdle(): boolean {
    return this.held === 0;
  }

  /** The number of lanes that may be in flight: few at first, doubled by each delivery. */
  get pace(): number {
    if (this.health === 'failing') return probingMax;
    const isLongAgo = performance.now() - this.#deliveredAt > healthyTtlMs;
    return isLongAgo ? firstSendingMax : this.#earnedPace;
  }

  /** Whether another lane may be sent now. */
  get maySend(): boolean {
    return this.queue.length > 0 && this.sending < this.pace;
  }

  get maySendEphemeral(): boolean {
    const isHealthy = this.#failures === 0;
    return (
      this.callback !== null &&
      isHealthy &&
      this.ephemeralInFlight < ephemeralMax &&
      this.queue.length === 0
    );
  }

  /** The number of lanes to lease; 0 until a query is worthwhile. */
  get wanted(): number {
    if (this.callback === null) return 0;
    const { held, pace, health } = this;
    if (health === 'failing') return Math.max(pace - held, 0);
    // Prefetch only for healthy endpoints: lanes leased for a dead one are slots lost to the others.
    const isQuick = health === 'healthy' && pace === sendingMax && this.#latencyMs < quickLatencyMs;
    const wanted = (isQuick ? 2 * pace : pace) - held;
    return wanted >= pace / 4 ? wanted : 0;
  }

  beginSending(): void {
    if (this.sending === 0) this.#activityAt = performance.now();
    this.sending += 1;
  }

  /** Whether it rejects every event, so that the events are not at fault. */
  get rejectsAll(): boolean {
    return this.#rejections >= rejectionsUntilFault;
  }

  hasTakenWithin(ms: number): boolean {
    return performance.now() - this.#acceptedAt <= ms;
  }

  /**
   * Counts an attempt.
   * @param isRejection whether the endpoint rejected the content of the event.
   */
  noteAttempt(isFailure: boolean, latencyMs: number, isRejection = false): void {
    this.#activityAt = performance.now();
    const hasTaken = !isFailure && !isRejection;
    if (isRejection) this.#rejections += 1;
    if (hasTaken) {
      this.#rejections = 0;
      this.#acceptedAt = this.#activityAt;
    }
    this.#failures = isFailure ? this.#failures + 1 : 0;
    this.#latencyMs += (latencyMs - this.#latencyMs) / 8;
    if (isFailure) {
      this.#earnedPace = firstSendingMax;
      return;
    }
    this.#earnedPace = Math.min(Math.max(2 * this.pace, firstSendingMax), sendingMax);
    this.#deliveredAt = this.#activityAt;
  }

  /** Takes over changed settings. Health is reset when the URL changes. */
  replaceCallback(callback: Callback | null): void {
    if (callback !== null && callback.url !== this.callback?.url) {
      this.#failures = 0;
      this.#rejections = 0;
      this.#deliveredAt = Number.NEGATIVE_INFINITY;
      this.#acceptedAt = Number.NEGATIVE_INFINITY;
    }
    this.callback = callback;
  }
}
