// Tells the log that events were given up: at once for the first of a channel, and then how many more there were, once
// a minute at most.

import type { Log } from '../base/log.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';

const EVERY_MS = 60_000;

type Entry = ChannelKey & { count: number; reason: string; readonly toldAt: number };

export class DeadLetterLog {
  readonly #log: Log;
  /** Channels that were told of within the last minute. */
  readonly #entries = new Map<string, Entry>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param reason why, in a few words. */
  note({ workspaceId, channelId }: ChannelKey, reason: string): void {
    const key = channelKeyText({ workspaceId, channelId });
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.reason = reason;
      return;
    }
    this.#entries.set(key, { workspaceId, channelId, count: 0, reason, toldAt: performance.now() });
    this.#log.warn({ workspaceId, channelId, count: 1, reason }, 'delivery.events_given_up');
  }

  /** Tells what came since: to be called every so often. */
  tellRest(): void {
    const now = performance.now();
    for (const [key, { workspaceId, channelId, count, reason, toldAt }] of this.#entries) {
      if (now - toldAt < EVERY_MS) continue;
      this.#entries.delete(key);
      if (count === 0) continue;
      const toldNow = { workspaceId, channelId, count: 0, reason, toldAt: now };
      this.#entries.set(key, toldNow);
      this.#log.warn({ workspaceId, channelId, count, reason }, 'delivery.events_given_up');
    }
  }
}
