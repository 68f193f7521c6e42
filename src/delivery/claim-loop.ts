// Claims due lanes for delivery: reads the callbacks and the channels with due lanes from the database, and leases as
// many lanes as there are free slots, for the send scheduler. One round of statements at a time.
//
// The loop is in one of these modes, and #enter alone changes it:
//   new          not started. Leaves to claiming, or to stopped.
//   idle         sleeps until the next poll or retry. A wake ends the sleep. Leaves to claiming.
//   claiming     a round is in flight; wakes are queued for the next one. Leaves to claiming, if more lanes are due; to
//                idle; or to backing_off.
//   backing_off  the database failed; the loop pauses, wakes are queued. Leaves to claiming.
//   stopped      claims no more. Final.

import { Alarm } from '../base/alarm.ts';
import { backoffMs } from '../base/backoff.ts';
import { steadyClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { newRequestId } from '../base/random.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import type { Pool } from '../database/pool.ts';
import { claimLanes, findDueChannels, wakeResends } from '../store/outbox/claim.ts';
import type { CallbackReader } from './callbacks.ts';
import { type ClaimQueue, sortClaimed } from './claim-queue.ts';
import type { LeaseQuota } from './delivery-slots.ts';
import { DueTimes } from './due-times.ts';
import { Endpoint } from './endpoint-health.ts';
import type { EndpointHealthLog } from './endpoint-health-log.ts';
import type { SendScheduler } from './send-scheduler.ts';

type Mode = 'new' | 'idle' | 'claiming' | 'backing_off' | 'stopped';

/** A statement that the next round runs before it leases lanes. */
type Question = 'callbacks' | 'resends' | 'due_channels';

export type ClaimLoopOptions = {
  readonly pool: Pool;
  readonly log: Log;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  readonly callbacks: CallbackReader;
  readonly queue: ClaimQueue;
  readonly scheduler: SendScheduler;
  readonly health: EndpointHealthLog;
  /** The slots that are free now. */
  readonly quota: () => LeaseQuota;
};

/** Polls find events of other servers, ended leases and forgotten retries within this time. */
const pollMs = 1_000;
const resendPollMs = 5_000;
/** A wake for an unknown channel makes the loop reread the callbacks, but not more often than this. */
const callbacksAgeMinMs = 200;
const claimLanesMax = 256;
/** The most events of one lane in one lease, and their total size. */
const laneLimits = { eventsMax: 16, bytesMax: 64 * 1024 };
const backoffFirstMs = 100;
const backoffMostMs = 5_000;

export class ClaimLoop {
  readonly #options: ClaimLoopOptions;
  readonly #alarm = new Alarm(steadyClock);
  readonly #endpoints = new Map<string, Endpoint>();
  /** Woken channels without a callback; a poll finds them once they have one. */
  readonly #unknown = new Set<string>();
  readonly #questions = new Set<Question>(['callbacks', 'resends', 'due_channels']);
  readonly #retries = new DueTimes();
  #mode: Mode = 'new';
  #running: Promise<void> | undefined;
  /** Consecutive failures of the database. */
  #failures = 0;
  /** The end of the back-off. */
  #resumeAt = 0;
  #pollAt = 0;
  /** The next poll or retry, whichever is first. */
  #lookAt = 0;
  #callbacksReadAt = Number.NEGATIVE_INFINITY;
  #resendsWokenAt = Number.NEGATIVE_INFINITY;

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#mode !== 'new' && this.#mode !== 'stopped';
  }

  /** The endpoints of all channels with a callback that can be called, by channel key. */
  get endpoints(): ReadonlyMap<string, Endpoint> {
    return this.#endpoints;
  }

  start(): void {
    if (this.#mode !== 'new') return;
    this.#enter('claiming');
    this.#running = this.#run();
  }

  /** Starts no further round. Resolves when the one in flight has ended. */
  async stop(): Promise<void> {
    this.#enter('stopped');
    this.#alarm.close();
    await this.#running;
  }

  /** Looks for due lanes of these channels as soon as possible. */
  wake(channels: Iterable<ChannelKey>): void {
    for (const channel of channels) this.#enqueue(channelKeyText(channel));
    this.#claimNow();
  }

  /** Claims for the queued channels. Call it when slots have become free. */
  claimQueued(): void {
    if (this.#options.queue.size > 0) this.#claimNow();
  }

  /** Claims more lanes of an endpoint that had more than it could take, once it wants enough of them. */
  claimMore(endpoint: Endpoint): void {
    this.#requeue(endpoint);
    this.claimQueued();
  }

  /** Looks for due lanes of a channel after a delay: a hint, polls find them too. */
  noteRetry(channel: ChannelKey, delayMs: number): void {
    this.#retries.add(channelKeyText(channel), performance.now(), delayMs);
    this.#lookAt = Math.min(this.#lookAt, this.#retries.next);
    if (this.#mode === 'idle') this.#alarm.setFor(this.#lookAt);
  }

  #enter(mode: Mode): void {
    if (this.#mode !== 'stopped') this.#mode = mode;
  }

  #claimNow(): void {
    if (this.#mode === 'idle') this.#alarm.ring();
    // A round that is about to end must not sleep through it.
    if (this.#mode === 'claiming') this.#alarm.setFor(performance.now());
  }

  async #run(): Promise<void> {
    while (this.isRunning) {
      const now = performance.now();
      if (now >= this.#lookAt) this.#look(now);
      const hasMore = await this.#claim();
      if (hasMore) continue;
      if (this.#mode === 'claiming') this.#enter('idle');
      await this.#alarm.sleepUntil(this.#nextRoundAt);
      this.#enter('claiming');
    }
  }

  get #nextRoundAt(): number {
    if (this.#mode === 'backing_off') return this.#resumeAt;
    if (!this.#questions.has('callbacks')) return this.#lookAt;
    return Math.min(this.#lookAt, this.#callbacksReadAt + callbacksAgeMinMs);
  }

  /** Queues what is due by now: channels with a retry and, at every poll, all questions. */
  #look(now: number): void {
    for (const key of this.#retries.take(now)) this.#enqueue(key);
    if (now >= this.#pollAt) {
      this.#pollAt = now + pollMs * (0.9 + 0.2 * this.#options.random());
      this.#questions.add('due_channels');
      if (now - this.#callbacksReadAt > pollMs) this.#questions.add('callbacks');
      if (now - this.#resendsWokenAt > resendPollMs) this.#questions.add('resends');
    }
    this.#lookAt = Math.min(this.#pollAt, this.#retries.next);
  }

  #enqueue(key: string): void {
    const endpoint = this.#endpoints.get(key);
    if (endpoint !== undefined) {
      this.#options.queue.addWoken(key, endpoint);
    } else if (!this.#unknown.has(key)) {
      this.#unknown.add(key);
      this.#questions.add('callbacks');
    }
  }

  #requeue(endpoint: Endpoint): void {
    if (!endpoint.mayHaveMore || endpoint.callback === null || endpoint.wanted === 0) return;
    endpoint.mayHaveMore = false;
    this.#options.queue.add(channelKeyText(endpoint.callback), endpoint);
  }

  /** Runs one round of statements. @returns whether another one should follow at once. Never rejects. */
  async #claim(): Promise<boolean> {
    const { log, queue } = this.#options;
    try {
      await this.#ask('callbacks', () => this.#readCallbacks());
      await this.#ask('resends', () => this.#wakeResends());
      await this.#ask('due_channels', () => this.#findDue());
      const hasLeased = await this.#lease();
      if (this.#failures > 0) log.info('delivery.database_back');
      this.#failures = 0;
      return hasLeased && queue.size > 0;
    } catch (error) {
      if (this.#failures === 0) log.warn({ err: error }, 'delivery.database_away');
      this.#failures += 1;
      this.#resumeAt = performance.now() + backoffMs(backoffFirstMs, backoffMostMs, this.#failures);
      this.#pollAt = Math.min(this.#pollAt, this.#resumeAt);
      this.#lookAt = Math.min(this.#lookAt, this.#resumeAt);
      this.#enter('backing_off');
      return false;
    }
  }

  /** Runs the statement of a question if it is due; it stays due if the statement fails. */
  async #ask(question: Question, run: () => Promise<void>): Promise<void> {
    if (!this.#questions.delete(question)) return;
    await run().catch((error: unknown) => {
      this.#questions.add(question);
      throw error;
    });
  }

  async #readCallbacks(): Promise<void> {
    const { callbacks: reader, health, queue, scheduler } = this.#options;
    const now = performance.now();
    if (now < this.#callbacksReadAt + callbacksAgeMinMs) {
      this.#questions.add('callbacks');
      return;
    }
    const { callbacks, rows } = await reader.read();
    this.#callbacksReadAt = now;
    for (const row of rows) health.sync(row, row.failingSince, row.failingReason);
    for (const [key, endpoint] of this.#endpoints) {
      const callback = callbacks.get(key) ?? null;
      endpoint.replaceCallback(callback);
      if (callback !== null) continue;
      scheduler.release(endpoint);
      if (endpoint.sending > 0) continue;
      this.#endpoints.delete(key);
      queue.delete(key);
    }
    for (const [key, callback] of callbacks) {
      if (this.#endpoints.has(key)) continue;
      this.#endpoints.set(key, new Endpoint(callback));
      this.#unknown.delete(key);
      this.#questions.add('due_channels');
    }
  }

  async #wakeResends(): Promise<void> {
    await wakeResends(this.#options.pool);
    this.#resendsWokenAt = performance.now();
  }

  /** Queues the channels with due lanes, found with one statement for all channels: most have none. */
  async #findDue(): Promise<void> {
    if (this.#endpoints.size === 0) return;
    for (const channel of await findDueChannels(this.#options.pool)) {
      const key = channelKeyText(channel);
      const endpoint = this.#endpoints.get(key);
      if (endpoint !== undefined) this.#options.queue.add(key, endpoint);
    }
  }

  /** Leases lanes of the queued channels. @returns whether there was anything to lease. */
  async #lease(): Promise<boolean> {
    const { pool, queue, quota, scheduler } = this.#options;
    const orders = queue.take(quota());
    if (orders.size === 0) return false;
    const lease = newRequestId();
    // Taken before the database sets the end of the lease.
    const askedAt = performance.now();
    const claimed = await claimLanes(pool, [...orders.values()], lease, {
      ...laneLimits,
      lanesMax: claimLanesMax,
    });
    const found = sortClaimed(orders.values(), claimed, claimed.length === claimLanesMax);
    for (const [index, [endpoint, order]] of [...orders].entries()) {
      const { lanes, mayHaveMore } = found[index]!;
      const leaseEndsAt = askedAt + order.leaseMs;
      endpoint.mayHaveMore = mayHaveMore;
      if (lanes.length > 0) {
        scheduler.add(
          endpoint,
          lanes.map((lane) => ({ ...lane, lease, leaseEndsAt })),
        );
      }
      if (endpoint.callback === null || !this.isRunning) scheduler.release(endpoint);
      this.#requeue(endpoint);
    }
    return true;
  }
}
