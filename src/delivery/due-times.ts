// Remembers when channels have retries, so that a short delay is not rounded up to the next poll. Only a hint: polls
// find retries that it forgets.

/** Retries within one span are claimed together. */
const spanMs = 50;
/** Retries further ahead are left to polls. */
const horizonMs = 60_000;

export class DueTimes {
  /** Channels by the end of the span of their retry. */
  readonly #channels = new Map<number, Set<string>>();

  add(channelKey: string, nowMs: number, delayMs: number): void {
    if (delayMs > horizonMs) return;
    const endMs = Math.ceil((nowMs + delayMs) / spanMs) * spanMs;
    const known = this.#channels.get(endMs);
    if (known === undefined) this.#channels.set(endMs, new Set([channelKey]));
    else known.add(channelKey);
  }

  /** The due time of the next retry; infinity if there is none. */
  get next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const endMs of this.#channels.keys()) if (endMs < next) next = endMs;
    return next;
  }

  /** Takes the channels whose retry is due; may contain duplicates. */
  take(nowMs: number): readonly string[] {
    const keys: string[] = [];
    for (const [endMs, channels] of this.#channels) {
      if (endMs > nowMs) continue;
      keys.push(...channels);
      this.#channels.delete(endMs);
    }
    return keys;
  }
}
