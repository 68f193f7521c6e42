// Delivers the outbox to callbacks: wires together the claim loop, the send scheduler and the result writer, which
// decide what to claim, send and record, and reacts when the health of an endpoint changes.
//
// A lane is the FIFO queue of one conversation. It is in one of these states:
//   due       in the database only. Leaves when a server leases it: woken after a commit, or found by a poll.
//   queued    leased by this server, waiting to be sent. Leaves to sending, or back to due if its channel must not be
//             called or the lease ends soon.
//   sending   one event at a time is in flight. Leaves to settling.
//   settling  its result is being recorded. Leaves to idle, due, or due later.

import { withDeadline } from '../base/deadline.ts';
import { isEventRejection } from '../core/delivery-verdict.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import { releaseAllLeases } from '../store/outbox/claim.ts';
import type { AttemptRow, SettledChannel, SettledLane } from '../store/outbox/settle.ts';
import { type Callback, CallbackReader } from './callbacks.ts';
import { ClaimLoop } from './claim-loop.ts';
import { ClaimQueue } from './claim-queue.ts';
import { DeadLetterLog } from './dead-letter-log.ts';
import { deliverLane, released } from './deliver-lane.ts';
import { LeaseQuota, lanesHeldMax } from './delivery-slots.ts';
import type { DeliveryDependencies } from './dependencies.ts';
import type { Endpoint, EndpointHealth, LeasedLane } from './endpoint-health.ts';
import { EndpointHealthLog } from './endpoint-health-log.ts';
import { ResultWriter } from './result-writer.ts';
import { sendEphemeral } from './send-ephemeral.ts';
import { SendScheduler } from './send-scheduler.ts';

/** How often lanes of silent endpoints are released, and delayed log lines are written. */
const housekeepingMs = 1_000;
/** Minimum of free slots, below which ephemeral events are dropped. Unhealthy endpoints always leave more free. */
const ephemeralSlotsMin = lanesHeldMax / 3;
/** The delay of a retry counts from when it is recorded: about this much later. */
const settleMs = 10;
const stopSendingMs = 3_000;
const stopSettlingMs = 1_500;

export class DeliveryWorker {
  readonly #dependencies: DeliveryDependencies;
  readonly #results: ResultWriter;
  readonly #scheduler: SendScheduler;
  readonly #queue = new ClaimQueue();
  readonly #claims: ClaimLoop;
  readonly #health: EndpointHealthLog;
  readonly #deadLetterLog: DeadLetterLog;
  #housekeeping: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(dependencies: DeliveryDependencies) {
    this.#dependencies = dependencies;
    const { pool, log, metrics, random, secretBox } = dependencies;
    this.#health = new EndpointHealthLog(dependencies);
    this.#deadLetterLog = new DeadLetterLog(log);
    this.#results = new ResultWriter({
      pool,
      log,
      onSettled: (channels) => this.#afterSettling(channels),
      onLost: (lanes) => metrics.countLostResults(lanes),
    });
    this.#scheduler = new SendScheduler({
      deliver: (lane, endpoint) => this.#deliver(lane, endpoint),
      onDelivered: (lane, settled, endpoint) => this.#afterDelivery(lane, settled, endpoint),
      onReleased: (lane) => this.#settle(lane, released(lane)),
    });
    this.#claims = new ClaimLoop({
      pool,
      log,
      random,
      callbacks: new CallbackReader(pool, secretBox, log),
      queue: this.#queue,
      scheduler: this.#scheduler,
      health: this.#health,
      quota: () => this.#quota(),
    });
  }

  /** The number of lanes that this server has leased, by state. */
  get lanes(): { readonly queued: number; readonly sending: number; readonly settling: number } {
    const { queued, sending } = this.#scheduler;
    return { queued, sending, settling: this.#results.size };
  }

  /** Starts delivering. Never rejects: while the database is unavailable it waits. */
  async start(): Promise<void> {
    const { isOnlyServer, pool, log } = this.#dependencies;
    if (isOnlyServer === true) {
      await releaseAllLeases(pool).catch((error) =>
        log.warn({ err: error }, 'delivery.leases_not_released'),
      );
    }
    if (this.#isStopped) return;
    this.#housekeeping = setInterval(() => {
      this.#scheduler.releaseSilent();
      this.#health.logPending();
      this.#deadLetterLog.logPending();
    }, housekeepingMs);
    this.#claims.start();
  }

  /** Looks for due lanes of channels at once. Call it when events of theirs were committed. */
  wake(channels: Iterable<ChannelKey>): void {
    this.#claims.wake(channels);
  }

  /**
   * Sends an ephemeral event, such as a typing indicator: once, and not at all when the server is busy.
   * @param body with `event_id` and `event_name`.
   */
  sendEphemeral(workspaceId: number, channelId: number, body: string): void {
    if (!this.#claims.isRunning) return;
    const { metrics } = this.#dependencies;
    const endpoint = this.#claims.endpoints.get(channelKeyText({ workspaceId, channelId }));
    if (endpoint === undefined || !endpoint.maySendEphemeral || this.#isBusy) {
      metrics.countEphemeral('dropped');
      return;
    }
    endpoint.ephemeralInFlight += 1;
    void sendEphemeral(endpoint.callback!, body, this.#dependencies).then((outcome) => {
      endpoint.ephemeralInFlight -= 1;
      metrics.countEphemeral(outcome);
    });
  }

  /** Stops claiming, waits a short time for lanes in flight, and releases the others. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#housekeeping);
    const claimed = this.#claims.stop();
    for (const endpoint of this.#claims.endpoints.values()) this.#scheduler.release(endpoint);
    await withDeadline(stopSendingMs, Promise.all([claimed, this.#scheduler.idle()]));
    this.#scheduler.abandon();
    await withDeadline(stopSettlingMs, this.#results.drain());
  }

  get #isBusy(): boolean {
    return this.#quota().freeFor('healthy') < ephemeralSlotsMin;
  }

  #quota(): LeaseQuota {
    return new LeaseQuota(this.#scheduler.endpoints, this.#results.size);
  }

  async #deliver(lane: LeasedLane, endpoint: Endpoint): Promise<SettledLane> {
    try {
      return await deliverLane(lane, {
        ...this.#dependencies,
        callback: () => (this.#claims.isRunning ? endpoint.callback : null),
        onAttempt: (attempt, reason) => this.#noteAttempt(endpoint, attempt, reason),
        endpoint,
      });
    } catch (error) {
      const { workspaceId, conversationId } = lane;
      this.#dependencies.log.error({ err: error, workspaceId, conversationId }, 'delivery.threw');
      return { ...released(lane), delayMs: 60_000 };
    }
  }

  #afterDelivery(lane: LeasedLane, settled: SettledLane, endpoint: Endpoint): void {
    if (settled.delayMs !== null && settled.delayMs > 0) {
      this.#claims.noteRetry(settled, settled.delayMs + settleMs);
    }
    this.#settle(lane, settled);
    this.#claims.claimMore(endpoint);
  }

  #settle({ leaseEndsAt }: LeasedLane, settled: SettledLane): void {
    this.#results.push({ settled, leaseEndsAt });
  }

  #afterSettling(channels: readonly SettledChannel[]): void {
    const due = channels.filter((channel) => channel.due > 0);
    if (due.length > 0) this.#claims.wake(due);
    else this.#claims.claimQueued();
  }

  #noteAttempt(endpoint: Endpoint, attempt: AttemptRow, reason: string): void {
    const { outcome, latencyMs, status } = attempt;
    const { metrics, log } = this.#dependencies;
    metrics.observeAttempt(outcome, latencyMs / 1000);
    if (outcome === 'parked') metrics.countDeadLetter();
    const { health, pace } = endpoint;
    // A rejected event does not mean that its endpoint fails, unless the endpoint rejects every event.
    const isRejection =
      outcome === 'parked' &&
      status !== null &&
      isEventRejection({ kind: 'responded', status }) &&
      !endpoint.rejectsAll;
    const isFailure = outcome !== 'delivered' && !isRejection;
    endpoint.noteAttempt(isFailure, latencyMs, isRejection);
    const { callback } = endpoint;
    if (callback === null) return;
    const { workspaceId, channelId } = callback;
    if (outcome === 'disabled') {
      log.warn({ workspaceId, channelId }, 'delivery.channel_disabled');
      endpoint.replaceCallback(null);
      this.#scheduler.release(endpoint);
    } else if (endpoint.health !== health) {
      this.#afterChange(endpoint, health, callback);
    }
    if (outcome === 'parked') this.#deadLetterLog.note(callback, reason);
    if (outcome === 'delivered') this.#health.recover(callback);
    else if (endpoint.health === 'failing') this.#health.fail(callback, reason);
    if (endpoint.pace > pace) {
      this.#scheduler.sendMore(endpoint);
      this.#claims.claimMore(endpoint);
    }
  }

  /** Reacts to a change of health: releases the lanes of an endpoint that fails, and claims for one that recovered. */
  #afterChange(endpoint: Endpoint, before: EndpointHealth, callback: Callback): void {
    const key = channelKeyText(callback);
    const isFailing = endpoint.health === 'failing';
    this.#queue.move(key, endpoint);
    if (isFailing === (before === 'failing')) return;
    if (isFailing) this.#scheduler.release(endpoint);
    else this.#queue.add(key, endpoint);
  }
}
