// The leased lanes of all channels: each channel sends as many at a time as its pace allows, none waits for another.
// What keeps one from taking all is how much is leased for it. Knows neither the database nor HTTP.

import type { SettledLane } from '../store/outbox/settle.ts';
import type { Endpoint, LeasedLane } from './endpoint-health.ts';

export type SendSchedulerOptions = {
  /** Sends a lane. Must not reject. */
  readonly serve: (lane: LeasedLane, channel: Endpoint) => Promise<SettledLane>;
  readonly onServed: (lane: LeasedLane, settled: SettledLane, channel: Endpoint) => void;
  /** A lane is not sent now, and free for anybody. */
  readonly onReleased: (lane: LeasedLane) => void;
};

export class SendScheduler {
  readonly #options: SendSchedulerOptions;
  /** Those with lanes. */
  readonly #channels = new Set<Endpoint>();
  readonly #sending = new Set<LeasedLane>();
  #queued = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: SendSchedulerOptions) {
    this.#options = options;
  }

  /** Channels that have lanes waiting or on their way. */
  get channels(): Iterable<Endpoint> {
    return this.#channels;
  }

  get queued(): number {
    return this.#queued;
  }

  get sending(): number {
    return this.#sending.size;
  }

  /** Puts leased lanes into line. */
  add(channel: Endpoint, lanes: readonly LeasedLane[]): void {
    channel.queue.push(...lanes);
    this.#queued += lanes.length;
    this.#channels.add(channel);
    this.sendMore(channel);
  }

  /** Sends what a channel may have on its way by now. */
  sendMore(channel: Endpoint): void {
    while (channel.maySend) this.#send(channel, channel.queue.shift()!);
  }

  /** Takes the lanes of a channel out of line. */
  release(channel: Endpoint): void {
    const lanes = channel.queue.splice(0);
    this.#queued -= lanes.length;
    if (lanes.length > 0) channel.mayHaveMore = true;
    if (channel.isIdle) this.#channels.delete(channel);
    for (const lane of lanes) this.#options.onReleased(lane);
  }

  /** Takes lanes out of line that would have to wait for answers of a receiver that is silent. */
  releaseSilent(): void {
    for (const channel of this.#channels) {
      if (channel.health !== 'well' && !channel.maySend) this.release(channel);
    }
  }

  /** Gives up on what is being sent: whatever comes back is not listened to. */
  abandon(): void {
    const lanes = [...this.#sending];
    this.#sending.clear();
    for (const lane of lanes) this.#options.onReleased(lane);
  }

  /** Resolves when nothing is being sent. */
  idle(): Promise<void> {
    if (this.#sending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #send(channel: Endpoint, lane: LeasedLane): void {
    this.#queued -= 1;
    this.#sending.add(lane);
    channel.beginSending();
    void this.#options.serve(lane, channel).then((settled) => {
      channel.sending -= 1;
      if (channel.isIdle) this.#channels.delete(channel);
      if (!this.#sending.delete(lane)) return;
      this.#options.onServed(lane, settled, channel);
      this.sendMore(channel);
      if (this.#sending.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}
