// Records the results of deliveries in batches: results that arrive while a statement runs go with the next one, so an
// idle server adds no delay. While the database is unavailable it keeps results as long as their leases last.

import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '../base/backoff.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import type { Log } from '../base/log.ts';
import { classifyFailure } from '../database/failure.ts';
import type { Pool } from '../database/pool.ts';
import { disableCallback, type GoneCallback } from '../store/outbox/callbacks.ts';
import { type SettledChannel, type SettledLane, settleLanes } from '../store/outbox/settle.ts';

export type Result = { readonly settled: SettledLane; readonly leaseEndsAt: number };

const groupLanesMax = 256;
const groupsInFlightMax = 2;
const firstPauseMs = 100;
const longestPauseMs = 2_000;

export class ResultWriter {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #onSettled: (channels: readonly SettledChannel[]) => void;
  readonly #onLost: (lanes: number) => void;
  readonly #waiting: Result[] = [];
  #inFlight = 0;
  /** Lanes in statements in flight. */
  #laneCountInFlight = 0;
  #isStartScheduled = false;
  /** Consecutive failures of the database. */
  #failures = 0;
  /** Callbacks to disable, one at a time, so that they never take the connections of results. */
  readonly #toDisable: GoneCallback[] = [];
  #isDisabling = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: {
    readonly pool: Pool;
    readonly log: Log;
    readonly onSettled: (channels: readonly SettledChannel[]) => void;
    readonly onLost: (lanes: number) => void;
  }) {
    this.#pool = options.pool;
    this.#log = options.log;
    this.#onSettled = options.onSettled;
    this.#onLost = options.onLost;
  }

  /** The number of results that are not recorded yet. */
  get size(): number {
    return this.#waiting.length + this.#laneCountInFlight;
  }

  push(result: Result): void {
    this.#waiting.push(result);
    if (this.#isStartScheduled) return;
    this.#isStartScheduled = true;
    setImmediate(() => {
      this.#isStartScheduled = false;
      this.#start();
    });
  }

  /** Resolves when every result is recorded or lost. */
  drain(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #start(): void {
    while (this.#inFlight < groupsInFlightMax && this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, groupLanesMax);
      this.#inFlight += 1;
      this.#laneCountInFlight += group.length;
      void this.#settle(group).then((left) => {
        this.#inFlight -= 1;
        this.#laneCountInFlight -= group.length;
        // At the front: they have the least time left.
        this.#waiting.unshift(...left);
        this.#start();
      });
    }
    if (this.#isIdle) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  get #isIdle(): boolean {
    return this.size === 0 && !this.#isDisabling;
  }

  /** Disables callbacks that responded with 410. Never rejects. */
  async #disable(): Promise<void> {
    if (this.#isDisabling) return;
    this.#isDisabling = true;
    for (let next = this.#toDisable[0]; next !== undefined; next = this.#toDisable[0]) {
      try {
        await disableCallback(this.#pool, next);
        this.#toDisable.shift();
      } catch (error) {
        const { workspaceId, channelId } = next;
        this.#log.warn({ err: error, workspaceId, channelId }, 'delivery.not_disabled_yet');
        // A statement that PostgreSQL rejects is dropped: the next 410 tries again.
        if (classifyFailure(error) === 'rejected') this.#toDisable.shift();
        else await pause(longestPauseMs);
      }
    }
    this.#isDisabling = false;
    this.#start();
  }

  /** Records a batch. @returns the results to try again. Never rejects. */
  async #settle(group: readonly Result[]): Promise<readonly Result[]> {
    const now = performance.now();
    const ours = group.filter(({ leaseEndsAt }) => leaseEndsAt > now);
    if (ours.length < group.length) this.#drop(group.length - ours.length);
    if (ours.length === 0) return [];
    try {
      passFaultPoint('before_settle');
      const channels = await settleLanes(
        this.#pool,
        ours.map(({ settled }) => settled),
      );
      passFaultPoint('after_settle');
      this.#failures = 0;
      this.#queueDisabling(channels);
      this.#onSettled(channels);
      return [];
    } catch (error) {
      return this.#afterFailure(error, ours);
    }
  }

  #queueDisabling(channels: readonly SettledChannel[]): void {
    for (const { workspaceId, channelId, goneUrl: url, goneReason } of channels) {
      const isKnown = (one: GoneCallback) =>
        one.workspaceId === workspaceId && one.channelId === channelId && one.url === url;
      if (url === null || this.#toDisable.some(isKnown)) continue;
      this.#toDisable.push({ workspaceId, channelId, url, reason: goneReason ?? '' });
    }
    if (this.#toDisable.length > 0) void this.#disable();
  }

  async #afterFailure(error: unknown, group: readonly Result[]): Promise<readonly Result[]> {
    const failure = classifyFailure(error);
    if (failure === 'rejected') {
      if (group.length > 1) {
        const middle = Math.ceil(group.length / 2);
        const left = await this.#settle(group.slice(0, middle));
        return [...left, ...(await this.#settle(group.slice(middle)))];
      }
      const { workspaceId, conversationId } = group[0]!.settled;
      this.#log.error({ err: error, workspaceId, conversationId }, 'delivery.result_rejected');
      this.#drop(1);
      return [];
    }
    if (failure === 'away' && this.#failures === 0) {
      this.#log.warn({ err: error, lanes: this.size }, 'delivery.settling_waits');
    }
    this.#failures += 1;
    await pause(backoffMs(firstPauseMs, longestPauseMs, this.#failures));
    return group;
  }

  #drop(lanes: number): void {
    this.#onLost(lanes);
    this.#log.warn({ lanes }, 'delivery.results_lost');
  }
}
