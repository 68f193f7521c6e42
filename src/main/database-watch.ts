// Reads the database for the gauges when the metrics are scraped, but at most every few seconds, and waits for it only
// briefly, so that a silent database does not block the other metrics.

const AGE_MAX_MS = 10_000;
const PATIENCE_MS = 2_000;

/** Shares one read of the database among several gauges. */
export class DatabaseWatch<Seen> {
  readonly #read: () => Promise<Seen>;
  #looking: Promise<Seen | null> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(read: () => Promise<Seen>) {
    this.#read = read;
  }

  /** Returns the current state; null while the database does not respond: no value is better than a stale one. */
  async current(): Promise<Seen | null> {
    if (performance.now() - this.#lookedAt > AGE_MAX_MS) {
      this.#lookedAt = performance.now();
      this.#looking = this.#read().catch(() => {
        this.#lookedAt = Number.NEGATIVE_INFINITY;
        return null;
      });
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, null);
    });
    const seen = await Promise.race([this.#looking!, late]);
    clearTimeout(timer);
    return seen;
  }
}
