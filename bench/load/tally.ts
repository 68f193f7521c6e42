// Counts responses and keeps their latencies, in microseconds. Ignores requests sent before the measurement began.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export type LatencyMs = {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

export class Tally {
  readonly #latency: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: 60e6,
    figures: 3,
  });
  readonly #statuses = new Map<number, number>();
  #acknowledged = 0;
  #broken = 0;

  /** Number of 200s, including the warm-up and the last moments: the number that must be stored afterwards. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Responses within the measured time. */
  get answers(): number {
    return this.#latency.count;
  }

  /** Connections that ended or did not speak HTTP. */
  get broken(): number {
    return this.#broken;
  }

  get statuses(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  /** Everything except a 200. */
  get errors(): number {
    const answered = [...this.#statuses.values()].reduce((sum, count) => sum + count, 0);
    return answered - this.#acknowledged + this.#broken;
  }

  countAnswer(status: number, latencyMs: number, isMeasured: boolean): void {
    if (status === 200) this.#acknowledged += 1;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (isMeasured) this.#latency.record(Math.max(1, Math.round(latencyMs * 1000)));
  }

  countBroken(): void {
    this.#broken += 1;
  }

  latencyMs(): LatencyMs {
    const percentile = (percent: number) => this.#latency.percentile(percent) / 1000;
    return {
      p50: percentile(50),
      p95: percentile(95),
      p99: percentile(99),
      max: this.#latency.count === 0 ? 0 : this.#latency.max / 1000,
    };
  }
}
