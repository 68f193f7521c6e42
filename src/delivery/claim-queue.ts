// Which channels the database is to be asked about next, and for how many lanes of each. Asks nothing itself.
//
// Channels that are well stand in one line. The others wait in lines of their own until a place is free for them, and
// go round: who was asked about goes to the end.

import { channelKeyText } from '../core/model/channel-key.ts';
import type { ClaimedLane, ClaimOrder } from '../store/outbox/claim.ts';
import { leaseSlackMs } from './deliver-lane.ts';
import type { Endpoint, EndpointHealth } from './endpoint-health.ts';
import type { LeaseQuota } from './lease-quota.ts';

type Line = Map<string, Endpoint>;

const channelsMax = 500;
/** Lanes in one claim for a line of channels that are not well: they neither crowd the others out nor are crowded out. */
const notWellLanesMax = 32;

export class ClaimQueue {
  /** Channels that had nothing under way when they were woken: somebody waits for their event. */
  readonly #first: Line = new Map();
  readonly #lines: Readonly<Record<EndpointHealth, Line>> = {
    well: new Map(),
    doubtful: new Map(),
    failing: new Map(),
  };

  get size(): number {
    const { well, doubtful, failing } = this.#lines;
    return this.#first.size + well.size + doubtful.size + failing.size;
  }

  /** Something was committed or became due. A busy channel waits for its turn, or it would be served before all. */
  addWoken(key: string, channel: Endpoint): void {
    const isWaiting = this.#lines.well.has(key);
    if (channel.isIdle && channel.health === 'well' && !isWaiting) {
      this.delete(key);
      this.#first.set(key, channel);
    } else {
      this.add(key, channel);
    }
  }

  /** To the end of its line, if it is not in it. */
  add(key: string, channel: Endpoint): void {
    const { health: standing } = channel;
    if (standing === 'well' && this.#first.has(key)) return;
    const line = this.#lines[standing];
    if (line.has(key)) return;
    this.delete(key);
    line.set(key, channel);
  }

  /** Its standing has changed: if it waits, it does so in another line from now on. */
  move(key: string, channel: Endpoint): void {
    if (this.#all.some((line) => line.has(key))) this.add(key, channel);
  }

  delete(key: string): void {
    for (const line of this.#all) line.delete(key);
  }

  /** What to ask for: as much for each channel as it wants and may have, in the order in which they stand in line. */
  take(places: LeaseQuota): Map<Endpoint, ClaimOrder> {
    const orders = new Map<Endpoint, ClaimOrder>();
    const { well, doubtful, failing } = this.#lines;
    this.#takeFrom(doubtful, 'doubtful', places, orders);
    this.#takeFrom(failing, 'failing', places, orders);
    this.#takeFrom(this.#first, 'well', places, orders);
    this.#takeFrom(well, 'well', places, orders);
    return orders;
  }

  get #all(): readonly Line[] {
    return [this.#first, ...Object.values(this.#lines)];
  }

  #takeFrom(
    line: Line,
    standing: EndpointHealth,
    places: LeaseQuota,
    orders: Map<Endpoint, ClaimOrder>,
  ): void {
    let lanes = 0;
    for (const [key, channel] of line) {
      if (orders.size >= channelsMax || places.freeFor(standing) === 0) return;
      if (standing !== 'well' && lanes >= notWellLanesMax) return;
      line.delete(key);
      const { callback } = channel;
      if (callback === null) continue;
      if (channel.health !== standing) {
        this.add(key, channel);
        continue;
      }
      const lanesMax = places.take(channel);
      if (lanesMax === 0) {
        // It holds some already, and is asked about again when one of them comes back.
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
 * What came of a claim: for each channel its lanes, and whether more may be due.
 * @param isFull whether the claim ended because it had enough: then the last channel with lanes may have more, and
 *   those after it were not looked at.
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
