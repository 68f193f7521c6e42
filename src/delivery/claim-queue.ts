// The queue of channels to claim lanes for, and how many lanes each may have. Sends no queries itself.
//
// Healthy channels are in one queue. Unproven and failing ones wait in queues of their own until slots are free for
// them, in turn: after its claim a channel goes to the end.

import { channelKeyText } from '../core/model/channel-key.ts';
import type { ClaimedLane, ClaimOrder } from '../store/outbox/claim.ts';
import { leaseSlackMs } from './deliver-lane.ts';
import type { LeaseQuota } from './delivery-slots.ts';
import type { Endpoint, EndpointHealth } from './endpoint-health.ts';

type Queue = Map<string, Endpoint>;

const channelsMax = 500;
/** The most lanes in one claim for each queue of unhealthy channels, so that they do not crowd out the others. */
const notHealthyLanesMax = 32;

export class ClaimQueue {
  /** Healthy channels that had nothing in flight when they were woken: their event should be sent at once. */
  readonly #urgent: Queue = new Map();
  readonly #queues: Readonly<Record<EndpointHealth, Queue>> = {
    healthy: new Map(),
    unproven: new Map(),
    failing: new Map(),
  };

  get size(): number {
    const { healthy, unproven, failing } = this.#queues;
    return this.#urgent.size + healthy.size + unproven.size + failing.size;
  }

  /** Queues a channel with new or due events; an idle one goes first, so that busy ones do not delay it. */
  addWoken(key: string, channel: Endpoint): void {
    const isWaiting = this.#queues.healthy.has(key);
    if (channel.isIdle && channel.health === 'healthy' && !isWaiting) {
      this.delete(key);
      this.#urgent.set(key, channel);
    } else {
      this.add(key, channel);
    }
  }

  /** Adds a channel to the end of its queue, unless it is queued. */
  add(key: string, channel: Endpoint): void {
    const { health } = channel;
    if (health === 'healthy' && this.#urgent.has(key)) return;
    const queue = this.#queues[health];
    if (queue.has(key)) return;
    this.delete(key);
    queue.set(key, channel);
  }

  /** Moves a channel whose health has changed to its new queue, if it is queued. */
  move(key: string, channel: Endpoint): void {
    if (this.#all.some((queue) => queue.has(key))) this.add(key, channel);
  }

  delete(key: string): void {
    for (const queue of this.#all) queue.delete(key);
  }

  /** Takes the next claims: for each channel as many lanes as it wants and may have, in the order of the queues. */
  take(quota: LeaseQuota): Map<Endpoint, ClaimOrder> {
    const orders = new Map<Endpoint, ClaimOrder>();
    const { healthy, unproven, failing } = this.#queues;
    this.#takeFrom(unproven, 'unproven', quota, orders);
    this.#takeFrom(failing, 'failing', quota, orders);
    this.#takeFrom(this.#urgent, 'healthy', quota, orders);
    this.#takeFrom(healthy, 'healthy', quota, orders);
    return orders;
  }

  get #all(): readonly Queue[] {
    return [this.#urgent, ...Object.values(this.#queues)];
  }

  #takeFrom(
    queue: Queue,
    health: EndpointHealth,
    quota: LeaseQuota,
    orders: Map<Endpoint, ClaimOrder>,
  ): void {
    let lanes = 0;
    for (const [key, channel] of queue) {
      if (orders.size >= channelsMax || quota.freeFor(health) === 0) return;
      if (health !== 'healthy' && lanes >= notHealthyLanesMax) return;
      queue.delete(key);
      const { callback } = channel;
      if (callback === null) continue;
      if (channel.health !== health) {
        this.add(key, channel);
        continue;
      }
      const lanesMax = quota.take(channel);
      if (lanesMax === 0) {
        // It already holds lanes, and is queued again when one of them ends.
        channel.mayHaveMore = true;
        continue;
      }
      lanes += lanesMax;
      const { workspaceId, channelId, timeoutMs } = callback;
      const leaseMs = timeoutMs + leaseSlackMs;
      orders.set(channel, { workspaceId, channelId, lanesMax, leaseMs });
    }
  }
}

/**
 * Sorts the result of a claim by channel: its lanes, and whether more may be due.
 * @param isFull whether the claim reached its limit: then the last channel with lanes may have more, and later
 *   channels were not examined.
 */
export function sortClaimed(
  orders: Iterable<ClaimOrder>,
  claimed: readonly ClaimedLane[],
  isFull: boolean,
): { readonly lanes: readonly ClaimedLane[]; readonly mayHaveMore: boolean }[] {
  const byChannel = Map.groupBy(claimed, (lane) => channelKeyText(lane));
  const found = Array.from(orders, (order) => ({
    order,
    lanes: byChannel.get(channelKeyText(order)) ?? [],
  }));
  const last = isFull ? found.findLastIndex(({ lanes }) => lanes.length > 0) : found.length;
  return found.map(({ order, lanes }, index) => ({
    lanes,
    mayHaveMore: index >= last || lanes.length === order.lanesMax,
  }));
}
