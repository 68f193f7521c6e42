// Remembers how many rows match a condition when there are many and counting them took long, so that paging through
// them counts them once. Small results are always counted, because callers would notice a wrong number.

import type { Clock } from '../../base/clock.ts';

/** Minimum count that is remembered. */
const REMEMBERED_ROWS_MIN = 10_000;
const REMEMBERED_MS_MIN = 10;
/** How long a count is trusted: a multiple of the time that counting took, up to a maximum. */
const TRUST_FACTOR = 100;
const TRUST_MS_MAX = 60_000;
const ENTRIES_MAX = 1_000;

type Entry = { readonly count: number; readonly trustedUntil: number };

/** The counts of one server. */
export class RowCounts {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns the count of a statement with these values; counts unless it is remembered.
   * @throws what `count` throws.
   */
  async get(
    statement: { readonly text: string; readonly values: readonly unknown[] },
    count: () => Promise<number>,
  ): Promise<number> {
    const key = JSON.stringify([statement.text, statement.values]);
    const begin = this.#clock();
    const known = this.#entries.get(key);
    if (known !== undefined && begin < known.trustedUntil) return known.count;
    this.#entries.delete(key);
    const counted = await count();
    const end = this.#clock();
    const tookMs = end - begin;
    if (counted >= REMEMBERED_ROWS_MIN && tookMs >= REMEMBERED_MS_MIN) {
      const trustedUntil = end + Math.min(tookMs * TRUST_FACTOR, TRUST_MS_MAX);
      this.#entries.set(key, { count: counted, trustedUntil });
      this.#forgetSurplus();
    }
    return counted;
  }

  #forgetSurplus(): void {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest);
  }
}
