// Writes results down in groups: what is finished while a statement runs goes with the next one, so an idle server adds
// no delay. Keeps results while the database is away, as long as their leases last.

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
  #waiting: Result[] = [];
  #inFlight = 0;
  /** Lanes in statements that run. */
  #running = 0;
  #isStartScheduled = false;
  /** Failures of the database in a row. */
  #failures = 0;
  /** Callbacks to disable: one after the other, so that they never take the connections of the results. */
  #gone: GoneCallback[] = [];
  #isDisabling = false;
  #onIdle: (() => void)[] = [];

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

  /** Results that are not written down yet. */
  get size(): number {
    return this.#waiting.length + this.#running;
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

  /** Resolves when everything is written down, or given up. */
  drain(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #start(): void {
    while (this.#inFlight < groupsInFlightMax && this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, groupLanesMax);
      this.#inFlight += 1;
      this.#running += group.length;
      void this.#settle(group).then((left) => {
        this.#inFlight -= 1;
        this.#running -= group.length;
        // Back to the front: they have the least time left.
        this.#waiting.unshift(...left);
        this.#start();
      });
    }
    if (this.#isIdle) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  get #isIdle(): boolean {
    return this.size === 0 && !this.#isDisabling;
  }

  /** Disables what receivers do not want any more. Never rejects. */
  async #disable(): Promise<void> {
    if (this.#isDisabling) return;
    this.#isDisabling = true;
    for (let gone = this.#gone[0]; gone !== undefined; gone = this.#gone[0]) {
      try {
        await disableCallback(this.#pool, gone);
        this.#gone.shift();
      } catch (error) {
        const { workspaceId, channelId } = gone;
        this.#log.warn({ err: error, workspaceId, channelId }, 'delivery.not_disabled_yet');
        // What PostgreSQL never takes is dropped: the next 410 brings it again.
        if (classifyFailure(error) === 'rejected') this.#gone.shift();
        else await pause(longestPauseMs);
      }
    }
    this.#isDisabling = false;
    this.#start();
  }

  /** @returns what is to be tried again. Never rejects. */
  async #settle(group: readonly Result[]): Promise<readonly Result[]> {
    const now = performance.now();
    const ours = group.filter(({ leaseEndsAt }) => leaseEndsAt > now);
    if (ours.length < group.length) this.#lose(group.length - ours.length);
    if (ours.length === 0) return [];
    try {
      passFaultPoint('before_settle');
      const channels = await settleLanes(
        this.#pool,
        ours.map(({ settled }) => settled),
      );
      passFaultPoint('after_settle');
      this.#failures = 0;
      this.#noteGone(channels);
      this.#onSettled(channels);
      return [];
    } catch (error) {
      return this.#afterFailure(error, ours);
    }
  }

  #noteGone(channels: readonly SettledChannel[]): void {
    for (const { workspaceId, channelId, goneUrl: url, goneReason } of channels) {
      const isKnown = (one: GoneCallback) =>
        one.workspaceId === workspaceId && one.channelId === channelId && one.url === url;
      if (url === null || this.#gone.some(isKnown)) continue;
      this.#gone.push({ workspaceId, channelId, url, reason: goneReason ?? '' });
    }
    if (this.#gone.length > 0) void this.#disable();
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
      this.#lose(1);
      return [];
    }
    if (failure === 'away' && this.#failures === 0) {
      this.#log.warn({ err: error, lanes: this.size }, 'delivery.settling_waits');
    }
    this.#failures += 1;
    await pause(backoffMs(firstPauseMs, longestPauseMs, this.#failures));
    return group;
  }

  #lose(lanes: number): void {
    this.#onLost(lanes);
    this.#log.warn({ lanes }, 'delivery.results_lost');
  }
}
