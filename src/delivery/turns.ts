// Who is sent next: the leased lanes of all channels, each channel in its turn, and bounds that receivers which are not
// well cannot exhaust. Knows neither the database nor HTTP.

import type { SettledLane } from '../store/delivery-settle.ts';
import type { Channel, LeasedLane } from './channel.ts';

/** Lanes that are sent at a time, over all channels. */
export const sendingMax = 512;
/** Of these, for receivers that are not well: the others always find a place. */
const probingMax = 256;

export type TurnsOptions = {
  /** Sends a lane. Must not reject. */
  readonly serve: (lane: LeasedLane, channel: Channel) => Promise<SettledLane>;
  readonly onServed: (lane: LeasedLane, settled: SettledLane, channel: Channel) => void;
  /** A lane is not sent now, and free for anybody. */
  readonly onReleased: (lane: LeasedLane) => void;
};

export class Turns {
  readonly #options: TurnsOptions;
  /** Channels with a lane that may be sent, in turn. */
  readonly #ready = new Set<Channel>();
  /** Channels that are not well and wait for a place. */
  readonly #waitingToProbe = new Set<Channel>();
  readonly #sending = new Map<LeasedLane, { readonly isProbing: boolean }>();
  #probing = 0;
  #queued = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#queued;
  }

  get sending(): number {
    return this.#sending.size;
  }

  /** Puts leased lanes into line. */
  add(channel: Channel, lanes: readonly LeasedLane[]): void {
    channel.queue.push(...lanes);
    this.#queued += lanes.length;
    if (channel.maySend) this.#ready.add(channel);
    this.#start();
  }

  /** Sends more of a channel that may have more on its way than before. */
  retry(channel: Channel): void {
    if (!channel.maySend) return;
    this.#ready.add(channel);
    this.#start();
  }

  /** Takes the lanes of a channel out of line. */
  release(channel: Channel): void {
    const lanes = channel.queue.splice(0);
    this.#queued -= lanes.length;
    if (lanes.length > 0) channel.mayHaveMore = true;
    for (const lane of lanes) this.#options.onReleased(lane);
  }

  /** Gives up on what is being sent: whatever comes back is not listened to. */
  abandon(): void {
    const lanes = [...this.#sending.keys()];
    this.#sending.clear();
    for (const lane of lanes) this.#options.onReleased(lane);
  }

  /** Resolves when nothing is being sent. */
  idle(): Promise<void> {
    if (this.#sending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #start(): void {
    for (const channel of this.#ready) {
      if (this.#sending.size >= sendingMax) return;
      this.#ready.delete(channel);
      if (!channel.maySend) continue;
      if (channel.isProbing && this.#probing >= probingMax) {
        this.#waitingToProbe.add(channel);
        continue;
      }
      this.#send(channel, channel.queue.shift()!);
      // To the end of the line: a set is walked in the order of insertion, and what is added is walked too.
      this.#ready.add(channel);
    }
  }

  #send(channel: Channel, lane: LeasedLane): void {
    const { isProbing } = channel;
    this.#queued -= 1;
    channel.sending += 1;
    if (isProbing) this.#probing += 1;
    this.#sending.set(lane, { isProbing });
    void this.#options.serve(lane, channel).then((settled) => {
      channel.sending -= 1;
      if (isProbing) this.#probing -= 1;
      if (!this.#sending.delete(lane)) return;
      this.#options.onServed(lane, settled, channel);
      this.#makeReady(channel, isProbing);
      this.#start();
      if (this.#sending.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }

  #makeReady(channel: Channel, wasProbing: boolean): void {
    if (channel.maySend) this.#ready.add(channel);
    if (!wasProbing) return;
    for (const next of this.#waitingToProbe) {
      this.#waitingToProbe.delete(next);
      this.#ready.add(next);
      break;
    }
  }
}
