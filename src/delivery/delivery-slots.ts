// The delivery slots: how many lanes each channel may lease now. A channel gets a share of the free slots, so that any
// number of hanging endpoints leaves slots for those that respond. Counts at one moment; keeps nothing.

import type { Endpoint, EndpointHealth } from './endpoint-health.ts';

/** The slots of a server: lanes of all channels that it holds at a time, queued, in flight or being recorded. */
export const lanesHeldMax = 768;
/** The slots by health: unproven and failing endpoints share the second number, of which failing ones get the third. */
const maxOf = { healthy: lanesHeldMax, unproven: 256, failing: 128 } as const;
/** The slots that only healthy endpoints can use: while more than these are free, a channel gets all it wants. */
const reservedForHealthy = lanesHeldMax - maxOf.unproven;
/**
 * The most lanes of a server while many endpoints hang: lanes of hanging endpoints beyond their share do not take
 * slots, so that other endpoints get slots as soon as the silence is noticed.
 */
const lanesHeldOverflowMax = 2 * lanesHeldMax;
/** The most slots of one channel. */
const channelLanesMax = 128;

export class LeaseQuota {
  #free: number;
  #freeIfNotHealthy: number;
  #freeIfFailing: number;

  /**
   * @param channels all channels that hold lanes.
   * @param settling the number of lanes whose results are being recorded.
   */
  constructor(channels: Iterable<Endpoint>, settling: number) {
    const held = { healthy: 0, unproven: 0, failing: 0 };
    for (const channel of channels) held[channel.health] += channel.held;
    const notHealthy = held.unproven + held.failing;
    const others = held.healthy + settling;
    this.#free = Math.min(
      lanesHeldMax - others - Math.min(notHealthy, maxOf.unproven),
      lanesHeldOverflowMax - others - notHealthy,
    );
    this.#freeIfNotHealthy = maxOf.unproven - notHealthy;
    this.#freeIfFailing = maxOf.failing - held.failing;
  }

  /** Returns the free slots for endpoints of this health; the narrower limits lie within the wider ones. */
  freeFor(health: EndpointHealth): number {
    let free = this.#free;
    if (health !== 'healthy') free = Math.min(free, this.#freeIfNotHealthy);
    if (health === 'failing') free = Math.min(free, this.#freeIfFailing);
    return Math.max(free, 0);
  }

  /** Takes slots for a channel, as many as it wants within its share. @returns their number. */
  take(channel: Endpoint): number {
    const { health, held, wanted } = channel;
    const free = this.freeFor(health);
    const count = Math.max(Math.min(wanted, free, shareOf(health, free + held) - held), 0);
    this.#free -= count;
    if (health !== 'healthy') this.#freeIfNotHealthy -= count;
    if (health === 'failing') this.#freeIfFailing -= count;
    return count;
  }
}

/**
 * Returns the lanes that a channel may hold, by the number of slots that are free or its own. Hanging endpoints return
 * no slots, so the share shrinks faster than the free slots, or a few would take them all: with half of the slots free
 * it is an eighth. It is at least one.
 */
function shareOf(health: EndpointHealth, freeOrOwn: number): number {
  const whole = health === 'healthy' ? reservedForHealthy : maxOf[health];
  return 1 + Math.floor(channelLanesMax * Math.min(freeOrOwn / whole, 1) ** 3);
}
