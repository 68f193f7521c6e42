// Reports the health of endpoints to the operator: healthy or failing, since when and why. Writes each change once to
// the log and the database, and limits the changes of an endpoint that flaps. Decides nothing about deliveries.

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import type { Pool } from '../database/pool.ts';
import { type ChannelBacklog, readBacklog } from '../store/outbox/backlog.ts';
import { saveHealth } from '../store/outbox/callback-health.ts';

/** The changes of one endpoint that are reported at once; after these, one in each changeEveryMs. */
const changesAtOnce = 4;
const changeEveryMs = 60_000;
/** Time after an own write in which rows are ignored: a concurrent read may not show the write. */
const ownWriteMs = 5_000;

/** A channel with the URL of its callback. */
export type EndpointKey = ChannelKey & { readonly url: string };

type Entry = {
  readonly endpoint: EndpointKey;
  /** Since when it has been failing, in milliseconds since 1970; null: healthy. */
  failingSince: number | null;
  reason: string | null;
  /** The failingSince that the log and the database have. */
  loggedSince: number | null;
  /** Changes that may still be reported at once, up to changesAtOnce. */
  credit: number;
  creditAt: number;
  /** The performance time of the last own write. */
  changedAt: number;
  isSaving: boolean;
};

export type EndpointHealthLogOptions = {
  readonly pool: Pool;
  readonly log: Log;
  readonly clock: Clock;
};

export class EndpointHealthLog {
  readonly #options: EndpointHealthLogOptions;
  readonly #entries = new Map<string, Entry>();
  #reporting: Promise<void> = Promise.resolve();

  constructor(options: EndpointHealthLogOptions) {
    this.#options = options;
  }

  /** Takes over the state in the database, written before this server started or by another server. */
  sync(endpoint: EndpointKey, failingSince: number | null, reason: string | null): void {
    const known = this.#entries.get(channelKeyText(endpoint));
    if (known === undefined && failingSince === null) return;
    const entry = this.#entryOf(endpoint);
    const isOwnWrite = performance.now() - entry.changedAt < ownWriteMs;
    if (isOwnWrite || entry.isSaving || failingSince === null) return;
    if (entry.failingSince === null) entry.reason = reason;
    entry.failingSince ??= failingSince;
    entry.loggedSince ??= failingSince;
  }

  /** Notes that an endpoint is failing. */
  fail(endpoint: EndpointKey, reason: string): void {
    const entry = this.#entryOf(endpoint);
    if (entry.failingSince !== null) return;
    entry.failingSince = this.#options.clock();
    entry.reason = reason;
    this.#reportChange(entry);
  }

  /** Notes that an endpoint accepted an event. */
  recover(endpoint: EndpointKey): void {
    // Called for every delivery; usually nothing has ever failed.
    if (this.#entries.size === 0) return;
    const entry = this.#entries.get(channelKeyText(endpoint));
    if (entry === undefined || entry.failingSince === null) return;
    entry.failingSince = null;
    this.#reportChange(entry);
  }

  /** Reports the changes that were held back. Call it regularly. */
  logPending(): void {
    for (const entry of this.#entries.values()) this.#reportChange(entry);
  }

  #entryOf(endpoint: EndpointKey): Entry {
    const key = channelKeyText(endpoint);
    const known = this.#entries.get(key);
    if (known?.endpoint.url === endpoint.url) return known;
    const { workspaceId, channelId, url } = endpoint;
    const entry: Entry = {
      endpoint: { workspaceId, channelId, url },
      failingSince: null,
      reason: null,
      loggedSince: null,
      credit: changesAtOnce,
      creditAt: performance.now(),
      changedAt: Number.NEGATIVE_INFINITY,
      isSaving: false,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #reportChange(entry: Entry): void {
    const { failingSince, loggedSince } = entry;
    if ((failingSince === null) === (loggedSince === null) || entry.isSaving) return;
    const now = performance.now();
    const earned = Math.floor((now - entry.creditAt) / changeEveryMs);
    entry.credit = Math.min(entry.credit + earned, changesAtOnce);
    if (earned > 0) entry.creditAt = now;
    if (entry.credit === 0) return;
    entry.credit -= 1;
    entry.loggedSince = failingSince;
    entry.changedAt = now;
    entry.isSaving = true;
    // One at a time: many changes at once must not take the connections of the deliveries.
    this.#reporting = this.#reporting
      .then(() => this.#report(entry, failingSince, loggedSince))
      .finally(() => {
        entry.isSaving = false;
        entry.changedAt = performance.now();
      });
  }

  /** Reports a change. Never rejects: while the database is unavailable it goes to the log only. */
  async #report(entry: Entry, since: number | null, before: number | null): Promise<void> {
    const { pool, log, clock } = this.#options;
    const { endpoint, reason } = entry;
    const { workspaceId, channelId } = endpoint;
    const isFailing = since !== null;
    const row = { ...endpoint, failingSince: since, reason: isFailing ? reason : null };
    const backlog = await saveHealth(pool, row)
      .then(() => readBacklog(pool, workspaceId, channelId))
      .catch((error) => {
        log.warn({ err: error, workspaceId, channelId }, 'delivery.health_not_saved');
        return null;
      });
    const about = { workspaceId, channelId, ...namesOf(backlog), ...waitingOf(backlog) };
    if (isFailing) {
      log.warn({ ...about, reason }, 'delivery.endpoint_failing');
    } else {
      log.info(
        { ...about, failedForMs: clock() - (before ?? clock()) },
        'delivery.endpoint_healthy',
      );
    }
  }
}

const namesOf = (backlog: ChannelBacklog | null) =>
  backlog === null ? {} : { workspace: backlog.workspace, channel: backlog.channel };

const waitingOf = (backlog: ChannelBacklog | null) =>
  backlog === null
    ? {}
    : { conversationsWaiting: backlog.conversations, eventsWaiting: backlog.events };
