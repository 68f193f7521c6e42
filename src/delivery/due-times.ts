// Remembers which channels have a retry when, so that a short delay is not rounded up to the next poll. Only a hint:
// what it forgets, a poll finds.

/** Retries within one such span are looked for together. */
const spanMs = 50;
/** Further ahead the second or so until the next poll makes no difference. */
const horizonMs = 60_000;

export class DueTimes {
  /** Channels by the end of the span in which they have something to do. */
  readonly #channels = new Map<number, Set<string>>();

  add(channelKey: string, nowMs: number, delayMs: number): void {
    if (delayMs > horizonMs) return;
    const endMs = Math.ceil((nowMs + delayMs) / spanMs) * spanMs;
    const known = this.#channels.get(endMs);
    if (known === undefined) this.#channels.set(endMs, new Set([channelKey]));
    else known.add(channelKey);
  }

  /** When the next one is due; infinity if none is. */
  get next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const endMs of this.#channels.keys()) if (endMs < next) next = endMs;
    return next;
  }

  /** Takes the channels whose time has come; some may be named twice. */
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
