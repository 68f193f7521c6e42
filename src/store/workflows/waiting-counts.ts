// Remembers for a while how many conversations wait in each workspace, if counting took long: pages ask again and
// again. Callers that ask at the same time share one count.

import type { Clock } from '../../base/clock.ts';
import type { WaitingCount } from './waiting-runs.ts';

/** How long a count is trusted: a multiple of the time that counting took, up to a maximum. */
const TRUST_FACTOR = 20;
const TRUST_MS_MAX = 60_000;
const REMEMBERED_MS_MIN = 10;
const ENTRIES_MAX = 1_000;

type Counts = readonly WaitingCount[] | null;
type Entry = { readonly counts: Counts; readonly trustedUntil: number };

/** The counts of one server. */
export class WaitingCounts {
  readonly #clock: Clock;
  readonly #entries = new Map<number, Entry>();
  readonly #running = new Map<number, Promise<Counts>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the counts of a workspace. @throws what `count` throws. */
  async get(workspaceId: number, count: () => Promise<Counts>): Promise<Counts> {
    const known = this.#entries.get(workspaceId);
    if (known !== undefined && this.#clock() < known.trustedUntil) return known.counts;
    const running = this.#running.get(workspaceId) ?? this.#count(workspaceId, count);
    this.#running.set(workspaceId, running);
    return running;
  }

  /** Forgets the counts of a workspace, in which runs have been moved. */
  drop(workspaceId: number): void {
    this.#entries.delete(workspaceId);
  }

  async #count(workspaceId: number, count: () => Promise<Counts>): Promise<Counts> {
    const begin = this.#clock();
    try {
      const counts = await count();
      const end = this.#clock();
      this.#entries.delete(workspaceId);
      if (end - begin >= REMEMBERED_MS_MIN) {
        const trustedUntil = end + Math.min((end - begin) * TRUST_FACTOR, TRUST_MS_MAX);
        this.#entries.set(workspaceId, { counts, trustedUntil });
        const [oldest] = this.#entries.keys();
        if (this.#entries.size > ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest);
      }
      return counts;
    } finally {
      this.#running.delete(workspaceId);
    }
  }
}
