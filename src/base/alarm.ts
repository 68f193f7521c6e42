// A sleep that can be cut short: a worker's loop sleeps between its rounds and wakes early when there is new work.
// Knows nothing of what the loop does.

import type { Clock } from './clock.ts';

export class Alarm {
  readonly #clock: Clock;
  #ringAtMs = Number.POSITIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;
  #awake: (() => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the current sleep, or the next one, at this time at the latest. */
  setFor(timeMs: number): void {
    if (timeMs >= this.#ringAtMs) return;
    this.#ringAtMs = timeMs;
    if (this.#awake !== undefined) this.#arm();
  }

  /** Sleeps until a time, or until setFor or close end the sleep. One sleeper at a time. */
  sleepUntil(timeMs: number): Promise<void> {
    this.#ringAtMs = Math.min(this.#ringAtMs, timeMs);
    return new Promise((resolve) => {
      this.#awake = resolve;
      this.#arm();
    });
  }

  /** Ends the current sleep at once, without the delay of a timer. Does nothing while no loop sleeps. */
  ring(): void {
    clearTimeout(this.#timeout);
    this.#ringAtMs = Number.POSITIVE_INFINITY;
    this.#awake?.();
    this.#awake = undefined;
  }

  /** Ends the current sleep and every later one at once. */
  close(): void {
    this.#isClosed = true;
    this.ring();
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    const leftMs = this.#isClosed ? 0 : Math.max(this.#ringAtMs - this.#clock(), 0);
    this.#timeout = setTimeout(() => this.ring(), leftMs);
  }
}
