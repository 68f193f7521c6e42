// Counts requests by token in windows of ten seconds (contract C). In memory: each server counts for itself.

import type { Clock } from '../../base/clock.ts';
import { limits } from '../../base/limits.ts';

export type RateState = {
  readonly limit: number;
  readonly remaining: number;
  /** Unix seconds at which the window ends. */
  readonly resetAt: number;
  readonly isExceeded: boolean;
  readonly retryAfterSeconds: number;
};

export class RateLimit {
  readonly #perWindow: number;
  readonly #clock: Clock;
  #windowStart = 0;
  #counts = new Map<number | string, number>();

  /** @param perMinute requests a minute for each token; 0 means no limit. */
  constructor(perMinute: number, clock: Clock) {
    // Rounded as the vendor does: 1,000 a minute are 167 a window.
    this.#perWindow = Math.ceil((perMinute * limits.rateWindowMs) / 60_000);
    this.#clock = clock;
  }

  /** Counts a request of a token or a session. @returns null if there is no limit. */
  count(caller: number | string): RateState | null {
    if (this.#perWindow === 0) return null;
    const now = this.#clock();
    const windowStart = now - (now % limits.rateWindowMs);
    if (windowStart !== this.#windowStart) {
      this.#windowStart = windowStart;
      this.#counts = new Map();
    }
    const count = (this.#counts.get(caller) ?? 0) + 1;
    this.#counts.set(caller, count);
    const endMs = windowStart + limits.rateWindowMs;
    return {
      limit: this.#perWindow,
      remaining: Math.max(0, this.#perWindow - count),
      resetAt: Math.ceil(endMs / 1000),
      isExceeded: count > this.#perWindow,
      retryAfterSeconds: Math.max(1, Math.ceil((endMs - now) / 1000)),
    };
  }
}
