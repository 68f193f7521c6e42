// What is going on towards one channel's callback: lanes that wait, how many may be sent at a time, how it went lately.
// Counts; starts and sends nothing.

import type { ClaimedLane } from '../store/outbox/claim.ts';
import type { Callback } from './callbacks.ts';

/** A lane with the lease that lets us serve it. */
export type LeasedLane = ClaimedLane & {
  readonly lease: string;
  /** On the scale of performance.now(); no sooner than in the database. */
  readonly leaseEndsAt: number;
};

/** Lanes that are served at a time while the receiver is well. */
const sendingMax = 64;
/** While nothing says that it is: it may be dead, and then each of them holds its place until the time limit. */
const firstSendingMax = 8;
/** A receiver that took something longer ago than this has to show again that it is well. */
const healthyTtlMs = 1_000;
/** While it is not well: enough to notice that it is back. */
const probingMax = 2;
/** Failures in a row after which it is not well. */
const failuresUntilProbing = 3;
/** Events that it refuses one after the other, until it is not about the events. */
const refusalsUntilFault = 20;
/** A receiver that answers faster has lanes leased ahead for it, so that it never waits for the database. */
const quickLatencyMs = 100;
/** A receiver that has something on its way and is silent for longer than this may be hanging. */
const silenceMs = 1_000;
/** A person who reads does not miss these. */
const ephemeralMax = 16;

/**
 * How a receiver stands with us. Well: it takes what it is sent, as far as we know. Doubtful: it has not shown that, or
 * failed the last time, or is silent. Failing: it fails one time after the other.
 */
export type EndpointHealth = 'well' | 'doubtful' | 'failing';

export class Endpoint {
  /** Null: it must not be called now. */
  callback: Callback | null;
  readonly queue: LeasedLane[] = [];
  sending = 0;
  ephemeralInFlight = 0;
  /** Whether more lanes were due than we took. */
  mayHaveMore = false;
  #failures = 0;
  /** Events that it refused since it last took one. */
  #refusals = 0;
  #latencyMs = 0;
  #earnedPace = firstSendingMax;
  #deliveredAt = Number.NEGATIVE_INFINITY;
  /** When it last took an event; to refuse one is an answer too, but no proof. */
  #tookAt = Number.NEGATIVE_INFINITY;
  /** When it last answered or failed, or began to have something on its way. */
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(callback: Callback) {
    this.callback = callback;
  }

  get health(): EndpointHealth {
    if (this.#failures >= failuresUntilProbing) return 'failing';
    const hasDelivered = this.#deliveredAt !== Number.NEGATIVE_INFINITY;
    if (!hasDelivered || this.#failures > 0) return 'doubtful';
    const isSilent = this.sending > 0 && performance.now() - this.#heardAt > silenceMs;
    return isSilent ? 'doubtful' : 'well';
  }

  /** Lanes that wait or are on their way. */
  get held(): number {
    return this.queue.length + this.sending;
  }

  /** Whether nothing of it waits or is on its way. */
  get isIdle(): boolean {
    return this.held === 0;
  }

  /** Lanes that may be on their way at a time: few at first, and twice as many with each delivery. */
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
    const isWell = this.#failures === 0;
    return (
      this.callback !== null &&
      isWell &&
      this.ephemeralInFlight < ephemeralMax &&
      this.queue.length === 0
    );
  }

  /** Lanes to lease: none until it is worth asking the database. */
  get wanted(): number {
    if (this.callback === null) return 0;
    const { held, pace, health: standing } = this;
    if (standing === 'failing') return Math.max(pace - held, 0);
    // Ahead only for who is known to be well: what is leased for a dead one is missing elsewhere.
    const isQuick = standing === 'well' && pace === sendingMax && this.#latencyMs < quickLatencyMs;
    const wanted = (isQuick ? 2 * pace : pace) - held;
    return wanted >= pace / 4 ? wanted : 0;
  }

  beginSending(): void {
    if (this.sending === 0) this.#heardAt = performance.now();
    this.sending += 1;
  }

  /** Whether it refuses whatever it is sent: then the events are not at fault. */
  get refusesAll(): boolean {
    return this.#refusals >= refusalsUntilFault;
  }

  hasTakenWithin(ms: number): boolean {
    return performance.now() - this.#tookAt <= ms;
  }

  /**
   * Learns how a try went.
   * @param isRefusal whether it did not take what was in the event.
   */
  noteAttempt(isFailure: boolean, latencyMs: number, isRefusal = false): void {
    this.#heardAt = performance.now();
    const hasTaken = !isFailure && !isRefusal;
    this.#refusals = isRefusal ? this.#refusals + 1 : hasTaken ? 0 : this.#refusals;
    if (hasTaken) this.#tookAt = this.#heardAt;
    this.#failures = isFailure ? this.#failures + 1 : 0;
    this.#latencyMs += (latencyMs - this.#latencyMs) / 8;
    if (isFailure) {
      this.#earnedPace = firstSendingMax;
      return;
    }
    this.#earnedPace = Math.min(Math.max(2 * this.pace, firstSendingMax), sendingMax);
    this.#deliveredAt = this.#heardAt;
  }

  /** Takes over changed settings. Another address begins without a name, good or bad. */
  replaceCallback(callback: Callback | null): void {
    if (callback !== null && callback.url !== this.callback?.url) {
      this.#failures = 0;
      this.#refusals = 0;
      this.#deliveredAt = Number.NEGATIVE_INFINITY;
      this.#tookAt = Number.NEGATIVE_INFINITY;
    }
    this.callback = callback;
  }
}
