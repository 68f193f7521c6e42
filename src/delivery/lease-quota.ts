// How many lanes each channel may lease now: a share of the places that are free, so that receivers which hang, however
// many they are, leave places for those that answer. Counts at one moment; keeps nothing.

import type { Endpoint, EndpointHealth } from './endpoint-health.ts';

/** Lanes that a server holds at a time, over all channels: on their way, waiting for their turn, being settled. */
export const lanesHeldMax = 768;
/** Of these, for receivers that are not well, and for those among them that fail one time after the other. */
const maxOf = { well: lanesHeldMax, doubtful: 256, failing: 128 } as const;
/** What those that are not well cannot have: if that is free, a channel gets all that it wants. */
const keptForWell = lanesHeldMax - maxOf.doubtful;
/**
 * What many receivers held when they fell silent takes no places from the others for longer than it takes to notice,
 * up to here.
 */
const lanesHeldInNeedMax = 2 * lanesHeldMax;
/** For one channel. */
const shareMax = 128;

export class LeaseQuota {
  #free: number;
  #freeIfNotWell: number;
  #freeIfFailing: number;

  /**
   * @param channels all that hold lanes.
   * @param settling lanes that are being settled.
   */
  constructor(channels: Iterable<Endpoint>, settling: number) {
    const held = { well: 0, doubtful: 0, failing: 0 };
    for (const channel of channels) held[channel.health] += channel.held;
    const notWell = held.doubtful + held.failing;
    const others = held.well + settling;
    this.#free = Math.min(
      lanesHeldMax - others - Math.min(notWell, maxOf.doubtful),
      lanesHeldInNeedMax - others - notWell,
    );
    this.#freeIfNotWell = maxOf.doubtful - notWell;
    this.#freeIfFailing = maxOf.failing - held.failing;
  }

  /** Places that are free for channels of this standing; the narrower bounds lie within the wider ones. */
  freeFor(standing: EndpointHealth): number {
    let free = this.#free;
    if (standing !== 'well') free = Math.min(free, this.#freeIfNotWell);
    if (standing === 'failing') free = Math.min(free, this.#freeIfFailing);
    return Math.max(free, 0);
  }

  /** Takes places for a channel: what it wants, as far as its share has room for it. */
  take(channel: Endpoint): number {
    const { health: standing, held, wanted } = channel;
    const free = this.freeFor(standing);
    const count = Math.max(Math.min(wanted, free, shareOf(standing, free + held) - held), 0);
    this.#free -= count;
    if (standing !== 'well') this.#freeIfNotWell -= count;
    if (standing === 'failing') this.#freeIfFailing -= count;
    return count;
  }
}

/**
 * Lanes that a channel may hold, by those that are free or its own. Who hangs does not give back, so the share must
 * shrink much faster than what is free, or a few would have everything: at half of the places it is an eighth. It is
 * never less than one.
 */
function shareOf(standing: EndpointHealth, freeOrOwn: number): number {
  const whole = standing === 'well' ? keptForWell : maxOf[standing];
  return 1 + Math.floor(shareMax * Math.min(freeOrOwn / whole, 1) ** 3);
}
