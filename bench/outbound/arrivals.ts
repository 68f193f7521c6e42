// Counts arrivals at the receiver: how many, how fast, and whether the events of every conversation came as 1, 2, 3…
// Keeps no bodies, and knows nothing about HTTP.

export type ArrivalReport = {
  /** Events that arrived in order; repeats are not counted. */
  readonly count: number;
  readonly conversations: number;
  readonly repeats: number;
  /** Events that arrived before an earlier one of their conversation. */
  readonly outOfOrder: number;
  /** The rate of the middle: without the first and last tenth of the arrivals. */
  readonly perSecond: number;
};

/** Where the middle begins, as a share of the arrivals; it ends as far from the end. */
const EDGE = 0.1;

export class Arrivals {
  readonly #next = new Map<string, number>();
  readonly #times: number[] = [];
  #repeats = 0;
  #outOfOrder = 0;

  /** Adds an event. */
  note(conversationId: string, sequence: number, atMs: number): void {
    const next = this.#next.get(conversationId) ?? 1;
    if (sequence < next) {
      this.#repeats += 1;
      return;
    }
    if (sequence > next) this.#outOfOrder += 1;
    this.#next.set(conversationId, sequence + 1);
    this.#times.push(atMs);
  }

  report(): ArrivalReport {
    const count = this.#times.length;
    const first = Math.floor(count * EDGE);
    const last = count - 1 - first;
    const middleMs = last > first ? this.#times[last]! - this.#times[first]! : 0;
    return {
      count,
      conversations: this.#next.size,
      repeats: this.#repeats,
      outOfOrder: this.#outOfOrder,
      perSecond: middleMs > 0 ? (last - first) / (middleMs / 1000) : 0,
    };
  }
}
