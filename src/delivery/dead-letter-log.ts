// Logs that events were dead-lettered: the first of a channel at once, then the number of further ones, at most once a
// minute.

import type { Log } from '../base/log.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';

const everyMs = 60_000;

type Entry = ChannelKey & { count: number; reason: string; readonly loggedAt: number };

export class DeadLetterLog {
  readonly #log: Log;
  /** Channels that were logged within the last minute. */
  readonly #entries = new Map<string, Entry>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Notes a dead letter. @param reason in a few words. */
  note({ workspaceId, channelId }: ChannelKey, reason: string): void {
    const key = channelKeyText({ workspaceId, channelId });
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.reason = reason;
      return;
    }
    this.#entries.set(key, {
      workspaceId,
      channelId,
      count: 0,
      reason,
      loggedAt: performance.now(),
    });
    this.#log.warn({ workspaceId, channelId, count: 1, reason }, 'delivery.events_given_up');
  }

  /** Logs what was held back. Call it regularly. */
  logPending(): void {
    const now = performance.now();
    for (const [key, { workspaceId, channelId, count, reason, loggedAt }] of this.#entries) {
      if (now - loggedAt < everyMs) continue;
      this.#entries.delete(key);
      if (count === 0) continue;
      const nextEntry = { workspaceId, channelId, count: 0, reason, loggedAt: now };
      this.#entries.set(key, nextEntry);
      this.#log.warn({ workspaceId, channelId, count, reason }, 'delivery.events_given_up');
    }
  }
}
