// Backpressure for the removal of old rows: it rests in proportion to its work, which takes longer when PostgreSQL is
// busy, and far longer while this server has something to do. Removing what is old is never urgent.

import { type Clock, steadyClock } from '../base/clock.ts';

/** While nothing else happens, PostgreSQL belongs to the servers for three quarters of the time. */
const RESTS_PER_WORK = 3;
/** Under load, for 19 of 20 parts of it. */
const BUSY_RESTS_PER_WORK = 19;
/** Groups in a second from which on a server counts as busy: on a slow machine large groups take long. */
const BUSY_GROUPS = 2;
const REST_MAX_MS = 20_000;
const SECOND_MS = 1_000;

export class RemovalPace {
  readonly #clock: Clock;
  #second = 0;
  #groups = 0;
  #groupsBefore = 0;

  constructor(clock: Clock = steadyClock) {
    this.#clock = clock;
  }

  /** Notes a committed group of the engine. */
  noteCommit(): void {
    this.#turn();
    this.#groups += 1;
  }

  /** Returns how long to rest after a piece of work. */
  restMs(workMs: number): number {
    this.#turn();
    const isBusy = Math.max(this.#groups, this.#groupsBefore) >= BUSY_GROUPS;
    return Math.min(workMs * (isBusy ? BUSY_RESTS_PER_WORK : RESTS_PER_WORK), REST_MAX_MS);
  }

  #turn(): void {
    const second = Math.floor(this.#clock() / SECOND_MS);
    if (second === this.#second) return;
    this.#groupsBefore = second === this.#second + 1 ? this.#groups : 0;
    this.#groups = 0;
    this.#second = second;
  }
}
