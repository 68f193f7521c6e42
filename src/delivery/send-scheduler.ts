// Schedules the sending of leased lanes: each endpoint has as many in flight as its pace allows, and none waits for
// another. The lease quota keeps one from taking all slots. Knows neither the database nor HTTP.

import type { SettledLane } from '../store/outbox/settle.ts';
import type { Endpoint, LeasedLane } from './endpoint-health.ts';

export type SendSchedulerOptions = {
  /** Sends a lane. Must not reject. */
  readonly deliver: (lane: LeasedLane, endpoint: Endpoint) => Promise<SettledLane>;
  readonly onDelivered: (lane: LeasedLane, settled: SettledLane, endpoint: Endpoint) => void;
  /** Called with a lane that is not sent now, so that any server may lease it. */
  readonly onReleased: (lane: LeasedLane) => void;
};

export class SendScheduler {
  readonly #options: SendSchedulerOptions;
  /** Endpoints with lanes. */
  readonly #endpoints = new Set<Endpoint>();
  readonly #sending = new Set<LeasedLane>();
  #queued = 0;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: SendSchedulerOptions) {
    this.#options = options;
  }

  /** Endpoints that have lanes queued or in flight. */
  get endpoints(): Iterable<Endpoint> {
    return this.#endpoints;
  }

  get queued(): number {
    return this.#queued;
  }

  get sending(): number {
    return this.#sending.size;
  }

  /** Queues leased lanes. */
  add(endpoint: Endpoint, lanes: readonly LeasedLane[]): void {
    endpoint.queue.push(...lanes);
    this.#queued += lanes.length;
    this.#endpoints.add(endpoint);
    this.sendMore(endpoint);
  }

  /** Sends as many lanes as the endpoint may have in flight now. */
  sendMore(endpoint: Endpoint): void {
    while (endpoint.maySend) this.#send(endpoint, endpoint.queue.shift()!);
  }

  /** Removes the queued lanes of an endpoint. */
  release(endpoint: Endpoint): void {
    const lanes = endpoint.queue.splice(0);
    this.#queued -= lanes.length;
    if (lanes.length > 0) endpoint.mayHaveMore = true;
    if (endpoint.isIdle) this.#endpoints.delete(endpoint);
    for (const lane of lanes) this.#options.onReleased(lane);
  }

  /** Removes queued lanes that would wait for a silent endpoint. */
  releaseSilent(): void {
    for (const endpoint of this.#endpoints) {
      if (endpoint.health !== 'healthy' && !endpoint.maySend) this.release(endpoint);
    }
  }

  /** Gives up on the lanes in flight: their results are ignored. */
  abandon(): void {
    const lanes = [...this.#sending];
    this.#sending.clear();
    for (const lane of lanes) this.#options.onReleased(lane);
  }

  /** Resolves when nothing is being sent. */
  idle(): Promise<void> {
    if (this.#sending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #send(endpoint: Endpoint, lane: LeasedLane): void {
    this.#queued -= 1;
    this.#sending.add(lane);
    endpoint.beginSending();
    void this.#options.deliver(lane, endpoint).then((settled) => {
      endpoint.sending -= 1;
      if (endpoint.isIdle) this.#endpoints.delete(endpoint);
      if (!this.#sending.delete(lane)) return;
      this.#options.onDelivered(lane, settled, endpoint);
      this.sendMore(endpoint);
      if (this.#sending.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}
