// Which channels the database is to be asked about next, and for how many lanes of each. Asks nothing itself.

import type { ClaimedLane, ClaimOrder } from '../store/delivery-claim.ts';
import { keyOf } from './callbacks.ts';
import type { Channel } from './channel.ts';
import { leaseSlackMs } from './serve-lane.ts';

const channelsMax = 500;

export class Asking {
  /** Channels that had nothing under way when they were woken: somebody waits for their event. */
  readonly #first = new Map<string, Channel>();
  readonly #others = new Map<string, Channel>();

  get size(): number {
    return this.#first.size + this.#others.size;
  }

  /** Something was committed or became due. A busy channel waits for its turn, or it would be served before all. */
  addWoken(key: string, channel: Channel): void {
    if (channel.isIdle && !this.#others.has(key)) this.#first.set(key, channel);
    else this.add(key, channel);
  }

  /** To the end of the line. */
  add(key: string, channel: Channel): void {
    if (!this.#first.has(key)) this.#others.set(key, channel);
  }

  delete(key: string): void {
    this.#first.delete(key);
    this.#others.delete(key);
  }

  /** What to ask for: as much for each channel as it wants, in the order in which they stand in line. */
  take(): Map<Channel, ClaimOrder> {
    const orders = new Map<Channel, ClaimOrder>();
    for (const line of [this.#first, this.#others]) {
      for (const [key, channel] of line) {
        if (orders.size === channelsMax) return orders;
        line.delete(key);
        const { callback, wanted } = channel;
        if (callback === null) continue;
        if (wanted === 0) {
          channel.mayHaveMore = true;
          continue;
        }
        const { workspaceId, channelId, timeoutMs } = callback;
        const leaseMs = timeoutMs + leaseSlackMs;
        orders.set(channel, { workspaceId, channelId, lanesMax: wanted, leaseMs });
      }
    }
    return orders;
  }
}

/**
 * What came of a claim: for each channel its lanes, and whether more may be due.
 * @param isFull whether the claim ended because it had enough: then the last channel with lanes may have more, and
 *   those after it were not looked at.
 */
export function sortClaimed(
  orders: Iterable<ClaimOrder>,
  claimed: readonly ClaimedLane[],
  isFull: boolean,
): { readonly lanes: readonly ClaimedLane[]; readonly mayHaveMore: boolean }[] {
  const byChannel = Map.groupBy(claimed, (lane) => keyOf(lane));
  const found = Array.from(orders, (order) => ({
    order,
    lanes: byChannel.get(keyOf(order)) ?? [],
  }));
  const last = isFull ? found.findLastIndex(({ lanes }) => lanes.length > 0) : found.length;
  return found.map(({ order, lanes }, index) => ({
    lanes,
    mayHaveMore: index >= last || lanes.length === order.lanesMax,
  }));
}
