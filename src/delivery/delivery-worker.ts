// Delivers the outbound log to callbacks: finds lanes that are due, leases them, has them sent and settled. Decides
// when to ask the database for what; who is sent next, what is sent, and what an answer means is decided beside it.
//
// A lane is in one of these states:
//   due       in the database only. Leaves when some server leases it: woken after a commit, or found by a poll.
//   queued    leased by us, waits for its turn. Leaves to sending; or back to due, when its channel must not be called
//             or the lease gets short.
//   sending   one event at a time is on its way. Leaves to settling.
//   settling  its result is being written down. Leaves to idle, due, or due later.

import { withDeadline } from '../base/deadline.ts';
import { newRequestId } from '../base/random.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import { isEventRefusal } from '../core/retry-schedule.ts';
import {
  claimLanes,
  findDueChannels,
  releaseAllLeases,
  wakeResends,
} from '../store/outbox/claim.ts';
import type { AttemptRow, SettledChannel, SettledLane } from '../store/outbox/settle.ts';
import { type Callback, CallbackReader } from './callbacks.ts';
import { ClaimQueue, sortClaimed } from './claim-queue.ts';
import { DeadLetterLog } from './dead-letter-log.ts';
import { deliverLane, released } from './deliver-lane.ts';
import type { DeliveryDependencies } from './dependencies.ts';
import { DueTimes } from './due-times.ts';
import { Endpoint, type EndpointHealth, type LeasedLane } from './endpoint-health.ts';
import { EndpointHealthLog } from './endpoint-health-log.ts';
import { LeaseQuota, lanesHeldMax } from './lease-quota.ts';
import { ResultWriter } from './result-writer.ts';
import { sendEphemeral } from './send-ephemeral.ts';
import { SendScheduler } from './send-scheduler.ts';

/** How often to look for what nobody told us of: other servers' events, ended leases, retries. */
const pollMs = 1_000;
const resendPollMs = 5_000;
/** A wake for a channel that we do not know reads the callbacks again, but not more often than this. */
const callbacksAgeMinMs = 200;
const claimLanesMax = 256;
/** Events of one lane in one lease, and their size together. */
const laneLimits = { eventsMax: 16, bytesMax: 64 * 1024 };
/** With fewer places than this free there is enough to do. Receivers that are not well leave more. */
const ephemeralSlotsMin = lanesHeldMax / 3;
/** A retry counts its delay from when it is written down: about this much later. */
const settleMs = 10;
const firstBackOffMs = 100;
const longestBackOffMs = 5_000;
const stopSendingMs = 3_000;
const stopSettlingMs = 1_500;

export class DeliveryWorker {
  readonly #dependencies: DeliveryDependencies;
  readonly #callbacks: CallbackReader;
  readonly #settling: ResultWriter;
  readonly #turns: SendScheduler;
  readonly #health: EndpointHealthLog;
  readonly #deadLetterLog: DeadLetterLog;
  readonly #channels = new Map<string, Endpoint>();
  /** Channels that were woken and have no callback; one that gets a callback is found by a poll. */
  readonly #unknown = new Set<string>();
  readonly #toAsk = new ClaimQueue();
  #claiming: Promise<void> | undefined;
  #mustReadCallbacks = true;
  #callbacksReadAt = Number.NEGATIVE_INFINITY;
  #mustFindDue = true;
  #mustWakeResends = true;
  #resendsWokenAt = Number.NEGATIVE_INFINITY;
  /** How long to leave the database alone; 0 while it answers. */
  #backOffMs = 0;
  #mayAskFrom = 0;
  readonly #dueTimes = new DueTimes();
  #pollAt = 0;
  #alarm: NodeJS.Timeout | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(dependencies: DeliveryDependencies) {
    this.#dependencies = dependencies;
    const { pool, log, metrics, secretBox } = dependencies;
    this.#callbacks = new CallbackReader(pool, secretBox, log);
    this.#health = new EndpointHealthLog(dependencies);
    this.#deadLetterLog = new DeadLetterLog(log);
    this.#settling = new ResultWriter({
      pool,
      log,
      onSettled: (channels) => this.#afterSettling(channels),
      onLost: (lanes) => metrics.countLostResults(lanes),
    });
    this.#turns = new SendScheduler({
      serve: (lane, channel) => this.#serve(lane, channel),
      onServed: (lane, settled, channel) => this.#afterServing(lane, settled, channel),
      onReleased: (lane) => this.#settle(lane, released(lane)),
    });
  }

  /** Lanes that this server has leased, by what they are waiting for. */
  get lanes(): { readonly queued: number; readonly sending: number; readonly settling: number } {
    const { queued, sending } = this.#turns;
    return { queued, sending, settling: this.#settling.size };
  }

  /** Begins to deliver. Never rejects: without a database it waits for one. */
  async start(): Promise<void> {
    const { isOnlyServer, pool, log } = this.#dependencies;
    if (isOnlyServer === true) {
      await releaseAllLeases(pool).catch((error) =>
        log.warn({ err: error }, 'delivery.leases_not_released'),
      );
    }
    this.#state = 'running';
    this.#look();
  }

  /** Looks for due lanes of channels at once: to be called when events of theirs were committed. */
  wake(channels: Iterable<ChannelKey>): void {
    for (const key of channels) this.#ask(channelKeyText(key));
    this.#claimSoon();
  }

  /**
   * Sends a text that is in no log, such as a sign of typing: once, and not at all when there is enough to do.
   * @param body with `event_id` and `event_name`.
   */
  sendEphemeral(workspaceId: number, channelId: number, body: string): void {
    if (this.#state !== 'running') return;
    const { metrics } = this.#dependencies;
    const channel = this.#channels.get(channelKeyText({ workspaceId, channelId }));
    if (channel === undefined || !channel.maySendEphemeral || this.#isBusy) {
      metrics.countEphemeral('dropped');
      return;
    }
    channel.ephemeralInFlight += 1;
    void sendEphemeral(channel.callback!, body, this.#dependencies).then((outcome) => {
      channel.ephemeralInFlight -= 1;
      metrics.countEphemeral(outcome);
    });
  }

  /** Takes nothing more, lets what is on its way come to its end for a moment, and gives the rest back. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    clearTimeout(this.#alarm);
    for (const channel of this.#channels.values()) this.#turns.release(channel);
    await withDeadline(stopSendingMs, Promise.all([this.#claiming, this.#turns.idle()]));
    this.#turns.abandon();
    await withDeadline(stopSettlingMs, this.#settling.drain());
  }

  #ask(key: string): void {
    const channel = this.#channels.get(key);
    if (channel !== undefined) {
      this.#toAsk.addWoken(key, channel);
    } else if (!this.#unknown.has(key)) {
      this.#unknown.add(key);
      this.#mustReadCallbacks = true;
    }
  }

  /** Sets the alarm to an earlier moment. */
  #wakeUpAt(momentMs: number): void {
    if (this.#state !== 'running' || momentMs >= this.#alarmAt) return;
    clearTimeout(this.#alarm);
    this.#alarmAt = momentMs;
    const delayMs = Math.max(momentMs - performance.now(), 0);
    this.#alarm = setTimeout(() => this.#look(), delayMs);
  }

  /** Looks for what is due by now: for retries of ours, and every so often for everything. */
  #look(): void {
    const now = performance.now();
    this.#alarmAt = Number.POSITIVE_INFINITY;
    for (const key of this.#dueTimes.take(now)) this.#ask(key);
    if (now >= this.#pollAt) {
      this.#pollAt = now + pollMs * (0.9 + 0.2 * this.#dependencies.random());
      this.#mustFindDue = true;
      this.#mustReadCallbacks ||= now - this.#callbacksReadAt > pollMs;
      this.#mustWakeResends = now - this.#resendsWokenAt > resendPollMs;
      this.#turns.releaseSilent();
      this.#health.tellRest();
      this.#deadLetterLog.tellRest();
    }
    this.#wakeUpAt(Math.min(this.#pollAt, this.#dueTimes.next));
    this.#claimSoon();
  }

  #claimSoon(): void {
    if (this.#claiming !== undefined || this.#state !== 'running') return;
    if (this.#backOffMs > 0 && performance.now() < this.#mayAskFrom) return;
    this.#claiming = this.#claim().then((hasMore) => {
      this.#claiming = undefined;
      if (hasMore) this.#claimSoon();
    });
  }

  /** One round of questions. @returns whether another one should follow at once. Never rejects. */
  async #claim(): Promise<boolean> {
    const { log, pool } = this.#dependencies;
    try {
      if (this.#mustReadCallbacks) await this.#readCallbacks();
      if (this.#mustWakeResends) {
        await wakeResends(pool);
        this.#mustWakeResends = false;
        this.#resendsWokenAt = performance.now();
      }
      if (this.#mustFindDue) await this.#findDue();
      const hasAsked = await this.#lease();
      if (this.#backOffMs > 0) log.info('delivery.database_back');
      this.#backOffMs = 0;
      return hasAsked && this.#toAsk.size > 0;
    } catch (error) {
      if (this.#backOffMs === 0) log.warn({ err: error }, 'delivery.database_away');
      this.#backOffMs = Math.min(Math.max(this.#backOffMs * 2, firstBackOffMs), longestBackOffMs);
      this.#mayAskFrom = performance.now() + this.#backOffMs;
      this.#pollAt = Math.min(this.#pollAt, this.#mayAskFrom);
      this.#wakeUpAt(this.#mayAskFrom);
      return false;
    }
  }

  async #readCallbacks(): Promise<void> {
    const now = performance.now();
    const mayReadFrom = this.#callbacksReadAt + callbacksAgeMinMs;
    if (now < mayReadFrom) return this.#wakeUpAt(mayReadFrom);
    this.#mustReadCallbacks = false;
    const { callbacks, rows } = await this.#callbacks.read().catch((error) => {
      this.#mustReadCallbacks = true;
      throw error;
    });
    this.#callbacksReadAt = now;
    for (const row of rows) this.#health.sync(row, row.failingSince, row.failingReason);
    for (const [key, channel] of this.#channels) {
      const callback = callbacks.get(key) ?? null;
      channel.replaceCallback(callback);
      if (callback !== null) continue;
      this.#turns.release(channel);
      if (channel.sending > 0) continue;
      this.#channels.delete(key);
      this.#toAsk.delete(key);
    }
    for (const [key, callback] of callbacks) {
      if (this.#channels.has(key)) continue;
      this.#channels.set(key, new Endpoint(callback));
      this.#unknown.delete(key);
      this.#mustFindDue = true;
    }
  }

  /** Channels that nobody woke: most have nothing to do, so they are not asked about one by one. */
  async #findDue(): Promise<void> {
    this.#mustFindDue = false;
    if (this.#channels.size === 0) return;
    const due = await findDueChannels(this.#dependencies.pool).catch((error) => {
      this.#mustFindDue = true;
      throw error;
    });
    for (const one of due) {
      const key = channelKeyText(one);
      const channel = this.#channels.get(key);
      if (channel !== undefined) this.#toAsk.add(key, channel);
    }
  }

  get #isBusy(): boolean {
    return this.#places().freeFor('well') < ephemeralSlotsMin;
  }

  #places(): LeaseQuota {
    return new LeaseQuota(this.#turns.channels, this.#settling.size);
  }

  /** @returns whether there was anything to ask for. */
  async #lease(): Promise<boolean> {
    const orders = this.#toAsk.take(this.#places());
    if (orders.size === 0) return false;
    const lease = newRequestId();
    // Before the database begins to count.
    const askedAt = performance.now();
    const claimed = await claimLanes(this.#dependencies.pool, [...orders.values()], lease, {
      ...laneLimits,
      lanesMax: claimLanesMax,
    });
    const found = sortClaimed(orders.values(), claimed, claimed.length === claimLanesMax);
    for (const [index, [channel, order]] of [...orders].entries()) {
      const { lanes, mayHaveMore } = found[index]!;
      const leaseEndsAt = askedAt + order.leaseMs;
      channel.mayHaveMore = mayHaveMore;
      if (lanes.length > 0) {
        this.#turns.add(
          channel,
          lanes.map((lane) => ({ ...lane, lease, leaseEndsAt })),
        );
      }
      if (channel.callback === null || this.#state !== 'running') this.#turns.release(channel);
      this.#askAgain(channel);
    }
    return true;
  }

  /** Asks again for a channel that had more than it could take, once it is worth it. */
  #askAgain(channel: Endpoint): void {
    if (!channel.mayHaveMore || channel.callback === null || channel.wanted === 0) return;
    channel.mayHaveMore = false;
    this.#toAsk.add(channelKeyText(channel.callback), channel);
  }

  async #serve(lane: LeasedLane, channel: Endpoint): Promise<SettledLane> {
    try {
      return await deliverLane(lane, {
        ...this.#dependencies,
        callback: () => (this.#state === 'running' ? channel.callback : null),
        onAttempt: (attempt, reason) => this.#note(channel, attempt, reason),
        endpoint: channel,
      });
    } catch (error) {
      const { workspaceId, conversationId } = lane;
      this.#dependencies.log.error({ err: error, workspaceId, conversationId }, 'delivery.threw');
      return { ...released(lane), delayMs: 60_000 };
    }
  }

  #afterServing(lane: LeasedLane, settled: SettledLane, channel: Endpoint): void {
    if (settled.delayMs !== null && settled.delayMs > 0) {
      const now = performance.now();
      this.#dueTimes.add(channelKeyText(settled), now, settled.delayMs + settleMs);
      this.#wakeUpAt(this.#dueTimes.next);
    }
    this.#settle(lane, settled);
    this.#askAgain(channel);
    if (this.#toAsk.size > 0) this.#claimSoon();
  }

  #settle({ leaseEndsAt }: LeasedLane, settled: SettledLane): void {
    this.#settling.push({ settled, leaseEndsAt });
  }

  #note(channel: Endpoint, { outcome, latencyMs, status }: AttemptRow, reason: string): void {
    const { metrics, log } = this.#dependencies;
    metrics.observeAttempt(outcome, latencyMs / 1000);
    if (outcome === 'parked') metrics.countDeadLetter();
    const { health: standing, pace } = channel;
    // An event that the receiver does not take says nothing against the receiver, unless it takes none.
    const isRefusal =
      outcome === 'parked' &&
      status !== null &&
      isEventRefusal({ kind: 'answered', status }) &&
      !channel.refusesAll;
    const isFailure = outcome !== 'delivered' && !isRefusal;
    channel.noteAttempt(isFailure, latencyMs, isRefusal);
    const { callback } = channel;
    if (callback === null) return;
    const { workspaceId, channelId } = callback;
    if (outcome === 'disabled') {
      log.warn({ workspaceId, channelId }, 'delivery.channel_disabled');
      channel.replaceCallback(null);
      this.#turns.release(channel);
    } else if (channel.health !== standing) {
      this.#afterChange(channel, standing, callback);
    }
    if (outcome === 'parked') this.#deadLetterLog.note(callback, reason);
    if (outcome === 'delivered') this.#health.recover(callback);
    else if (channel.health === 'failing') this.#health.fail(callback, reason);
    if (channel.pace > pace) {
      this.#turns.sendMore(channel);
      this.#askAgain(channel);
      if (this.#toAsk.size > 0) this.#claimSoon();
    }
  }

  /** A receiver shows another side of itself than before. */
  #afterChange(channel: Endpoint, before: EndpointHealth, callback: Callback): void {
    const isFailing = channel.health === 'failing';
    this.#toAsk.move(channelKeyText(callback), channel);
    if (isFailing === (before === 'failing')) return;
    if (isFailing) this.#turns.release(channel);
    else this.#toAsk.add(channelKeyText(callback), channel);
  }

  #afterSettling(channels: readonly SettledChannel[]): void {
    for (const channel of channels) if (channel.due > 0) this.#ask(channelKeyText(channel));
    if (this.#toAsk.size > 0) this.#claimSoon();
  }
}
