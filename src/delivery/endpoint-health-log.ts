// How the endpoints of the channels do, as an operator is told: healthy or failing, since when and why. Says each
// change once, in the log and in the database, and not again and again. Decides nothing about who is sent what.

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import type { Pool } from '../database/pool.ts';
import { type ChannelBacklog, readBacklog } from '../store/outbox/backlog.ts';
import { saveHealth } from '../store/outbox/callback-health.ts';

/** Changes of one endpoint that are told at once; one that comes and goes is told of every so often after that. */
const changesAtOnce = 4;
const changeEveryMs = 60_000;
/** What we have written ourselves is not in what was read at the same moment. */
const ownWordMs = 5_000;

/** An endpoint: a channel with the address of its callback. */
export type Endpoint = ChannelKey & { readonly url: string };

type Entry = {
  readonly endpoint: Endpoint;
  /** Milliseconds since 1970; null: healthy. */
  failingSince: number | null;
  reason: string | null;
  /** What the log and the database were told last. */
  toldSince: number | null;
  /** What is left of changesAtOnce. */
  credit: number;
  creditAt: number;
  /** Performance time of the last change of ours. */
  changedAt: number;
  isSaving: boolean;
};

export type HealthBookOptions = {
  readonly pool: Pool;
  readonly log: Log;
  readonly clock: Clock;
};

export class EndpointHealthLog {
  readonly #options: HealthBookOptions;
  readonly #entries = new Map<string, Entry>();
  #reporting: Promise<void> = Promise.resolve();

  constructor(options: HealthBookOptions) {
    this.#options = options;
  }

  /** Takes over what the database knows: from before this server started, or from another one. */
  sync(endpoint: Endpoint, failingSince: number | null, reason: string | null): void {
    const known = this.#entries.get(channelKeyText(endpoint));
    if (known === undefined && failingSince === null) return;
    const entry = this.#entryOf(endpoint);
    const isOurWord = performance.now() - entry.changedAt < ownWordMs;
    if (isOurWord || entry.isSaving || failingSince === null) return;
    if (entry.failingSince === null) entry.reason = reason;
    entry.failingSince ??= failingSince;
    entry.toldSince ??= failingSince;
  }

  /** It failed one time after the other. */
  fail(endpoint: Endpoint, reason: string): void {
    const entry = this.#entryOf(endpoint);
    if (entry.failingSince !== null) return;
    entry.failingSince = this.#options.clock();
    entry.reason = reason;
    this.#tell(entry);
  }

  /** It took an event. */
  recover(endpoint: Endpoint): void {
    // Of every event that is delivered; most of the time nothing has ever failed.
    if (this.#entries.size === 0) return;
    const entry = this.#entries.get(channelKeyText(endpoint));
    if (entry === undefined || entry.failingSince === null) return;
    entry.failingSince = null;
    this.#tell(entry);
  }

  /** Tells what had to wait: to be called every so often. */
  tellRest(): void {
    for (const entry of this.#entries.values()) this.#tell(entry);
  }

  #entryOf(endpoint: Endpoint): Entry {
    const key = channelKeyText(endpoint);
    const known = this.#entries.get(key);
    if (known?.endpoint.url === endpoint.url) return known;
    const { workspaceId, channelId, url } = endpoint;
    const entry: Entry = {
      endpoint: { workspaceId, channelId, url },
      failingSince: null,
      reason: null,
      toldSince: null,
      credit: changesAtOnce,
      creditAt: performance.now(),
      changedAt: Number.NEGATIVE_INFINITY,
      isSaving: false,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #tell(entry: Entry): void {
    const { failingSince, toldSince } = entry;
    if ((failingSince === null) === (toldSince === null) || entry.isSaving) return;
    const now = performance.now();
    const earned = Math.floor((now - entry.creditAt) / changeEveryMs);
    entry.credit = Math.min(entry.credit + earned, changesAtOnce);
    if (earned > 0) entry.creditAt = now;
    if (entry.credit === 0) return;
    entry.credit -= 1;
    entry.toldSince = failingSince;
    entry.changedAt = now;
    entry.isSaving = true;
    // One after the other: what many endpoints do at once must not take the connections of their deliveries.
    this.#reporting = this.#reporting
      .then(() => this.#report(entry, failingSince, toldSince))
      .finally(() => {
        entry.isSaving = false;
        entry.changedAt = performance.now();
      });
  }

  /** Never rejects: without a database the log has to do. */
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
