// How many lanes each channel may lease now: a share of the free slots, so that endpoints that hang, however many they
// are, leave slots for those that respond. Counts at one moment; keeps nothing.

import type { Endpoint, EndpointHealth } from './endpoint-health.ts';

/** Slots of a server: lanes that it holds at a time, over all channels, in flight, queued or being settled. */
export const lanesHeldMax = 768;
/** Slots by health: unproven and failing endpoints share the second number, and failing ones have the third. */
const maxOf = { healthy: lanesHeldMax, unproven: 256, failing: 128 } as const;
/** Slots that only healthy endpoints can have: while these are free, a channel gets all that it wants. */
const reservedForHealthy = lanesHeldMax - maxOf.unproven;
/**
 * Lanes that a server holds at most while many endpoints hang: the slots of those beyond their share do not count, so
 * that the other endpoints get slots as soon as the silence is noticed.
 */
const lanesHeldOverflowMax = 2 * lanesHeldMax;
/** Slots of one channel. */
const channelLanesMax = 128;

export class LeaseQuota {
  #free: number;
  #freeIfNotHealthy: number;
  #freeIfFailing: number;

  /**
   * @param channels all that hold lanes.
   * @param settling lanes that are being settled.
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

  /** Slots that are free for endpoints of this health; the narrower limits lie within the wider ones. */
  freeFor(health: EndpointHealth): number {
    let free = this.#free;
    if (health !== 'healthy') free = Math.min(free, this.#freeIfNotHealthy);
    if (health === 'failing') free = Math.min(free, this.#freeIfFailing);
    return Math.max(free, 0);
  }

  /** Takes slots for a channel: as many as it wants, within its share. */
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
 * The lanes that a channel may hold, by the number of slots that are free or its own. Endpoints that hang give nothing
 * back, so the share shrinks much faster than the free slots, or a few would have everything: with half of the slots
 * free it is an eighth. It is never less than one.
 */
function shareOf(health: EndpointHealth, freeOrOwn: number): number {
  const whole = health === 'healthy' ? reservedForHealthy : maxOf[health];
  return 1 + Math.floor(channelLanesMax * Math.min(freeOrOwn / whole, 1) ** 3);
}
