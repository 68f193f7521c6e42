// Where the open event streams of this process meet: reads what is new in the log once for each channel, and gives it
// to all who listen there. Whoever falls behind leaves, reads for itself and comes back, so nothing piles up here.
//
// The engine wakes it after a commit of this server; commits of other servers are found by polling every half second.

import { setMaxListeners } from 'node:events';
import type { Log } from '../../base/log.ts';
import { type ChannelKey, channelKeyText } from '../../core/model/channel-key.ts';
import type { Pool } from '../../database/pool.ts';
import {
  isAfter,
  type LoggedRow,
  type LogPage,
  type LogPosition,
  type LogScope,
  readEvents,
} from '../../store/outbox/event-log.ts';
import { readAs } from '../../store/sql/row-level-security.ts';
import { type EphemeralEvent, streamText } from './event-stream-text.ts';

const POLL_INTERVAL_MS = 500;
/** When something is written but not settled: a neighbour's transaction is about to end. */
const UNSETTLED_DELAYS_MS = [5, 20, 60, 150];
const PAGE_EVENTS_MAX = 500;
/** What a stream may hold in memory at most, or one event. */
const PAGE_BYTES_MAX = 64 * 1024;
/** The rest of the read connections is for other requests. */
const READS_AT_ONCE_MAX = 2;
const LISTENERS_MAX = 1000;
const LISTENERS_OF_TOKEN_MAX = 100;

/** Events that are given to several at once. */
export class EventBatch {
  readonly rows: readonly LoggedRow[];
  #bytes: Buffer | undefined;

  constructor(rows: readonly LoggedRow[]) {
    this.rows = rows;
  }

  /** As text/event-stream: one buffer, however many send it. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(streamText(this.rows));
    return this.#bytes;
  }
}

/** Somebody who wants to know what comes. */
export type Listener = {
  readonly scope: LogScope;
  /** What comes before it was taken. The hub moves it on. */
  place: LogPosition;
  take(batch: EventBatch): void;
  pass(event: EphemeralEvent): void;
};

type Feed = {
  readonly scope: LogScope;
  readonly listeners: Set<Listener>;
  place: LogPosition;
  isReading: boolean;
  /** Woken while a read was in flight. */
  isAskedAgain: boolean;
  unsettledReads: number;
};

export class EventStreamHub {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #feeds = new Map<string, Feed>();
  readonly #countByToken = new Map<number, number>();
  #count = 0;
  readonly #closing = new AbortController();
  #isFailing = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #readsUnderWay = 0;
  readonly #waitingReads: (() => void)[] = [];

  /** @param pool a pool for the purpose `read`. */
  constructor(pool: Pool, log: Log) {
    this.#pool = pool;
    this.#log = log;
    setMaxListeners(0, this.closing);
  }

  /** How many listen or are about to. */
  get openCount(): number {
    return this.#count;
  }

  /** Acquires a connection slot. @returns the error when none is free. */
  acquireSlot(tokenId: number): 'streamsFull' | 'serviceUnavailable' | null {
    const ofToken = this.#countByToken.get(tokenId) ?? 0;
    if (ofToken >= LISTENERS_OF_TOKEN_MAX) return 'streamsFull';
    if (this.closing.aborted || this.#count >= LISTENERS_MAX) return 'serviceUnavailable';
    this.#count += 1;
    this.#countByToken.set(tokenId, ofToken + 1);
    return null;
  }

  releaseSlot(tokenId: number): void {
    const left = this.#countByToken.get(tokenId)! - 1;
    this.#count -= 1;
    if (left === 0) this.#countByToken.delete(tokenId);
    else this.#countByToken.set(tokenId, left);
  }

  /** The next events of a scope, as many as may lie in memory. Few are read at the same time. */
  async read(scope: LogScope, after: LogPosition): Promise<LogPage> {
    if (this.#readsUnderWay >= READS_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waitingReads.push(resolve));
    } else {
      this.#readsUnderWay += 1;
    }
    try {
      return await readAs(this.#pool, scope.workspaceId, (connection) =>
        readEvents(connection, scope, after, { limit: PAGE_EVENTS_MAX, bytesMax: PAGE_BYTES_MAX }),
      );
    } finally {
      // Whoever waits takes over our place.
      const next = this.#waitingReads.shift();
      if (next === undefined) this.#readsUnderWay -= 1;
      else next();
    }
  }

  /**
   * From now on the listener gets everything after its place.
   * @returns false if others are further already: then it reads on by itself and asks again.
   */
  join(listener: Listener): boolean {
    const { workspaceId, channelId } = listener.scope;
    const key = channelKeyText(listener.scope);
    const known = this.#feeds.get(key);
    if (known !== undefined) {
      if (isAfter(known.place, listener.place)) return false;
      known.listeners.add(listener);
      return true;
    }
    const feed: Feed = {
      scope: { workspaceId, channelId, conversationId: null },
      listeners: new Set([listener]),
      place: listener.place,
      isReading: false,
      isAskedAgain: false,
      unsettledReads: 0,
    };
    this.#feeds.set(key, feed);
    this.#pollTimer ??= setInterval(() => this.#pollAll(), POLL_INTERVAL_MS).unref();
    // Commits since the listener's last read did not wake this loop.
    void this.#advance(feed);
    return true;
  }

  leave(listener: Listener): void {
    const key = channelKeyText(listener.scope);
    const feed = this.#feeds.get(key);
    if (feed === undefined) return;
    feed.listeners.delete(listener);
    if (feed.listeners.size > 0) return;
    this.#feeds.delete(key);
    if (this.#feeds.size > 0) return;
    clearInterval(this.#pollTimer);
    this.#pollTimer = undefined;
  }

  /** Something was committed to the log of these channels. */
  wake(channels: Iterable<ChannelKey>): void {
    for (const channel of channels) {
      const feed = this.#feeds.get(channelKeyText(channel));
      if (feed === undefined) continue;
      feed.unsettledReads = 0;
      void this.#advance(feed);
    }
  }

  /** Sends an ephemeral event to the listeners of the moment. */
  pass(channel: ChannelKey, event: EphemeralEvent): void {
    for (const listener of this.#feeds.get(channelKeyText(channel))?.listeners ?? []) {
      const { conversationId } = listener.scope;
      if (conversationId === null || conversationId === event.conversationId) listener.pass(event);
    }
  }

  /** Aborts when the server stops: all streams end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends all streams, and accepts no new ones. */
  close(): void {
    this.#closing.abort();
  }

  #pollAll(): void {
    for (const feed of this.#feeds.values()) void this.#advance(feed);
  }

  /** Reads what is new in a channel and gives it out, until there is no more. */
  async #advance(feed: Feed): Promise<void> {
    feed.isAskedAgain = feed.isReading;
    if (feed.isReading) return;
    feed.isReading = true;
    try {
      for (let isMore = true; isMore && feed.listeners.size > 0; ) {
        feed.isAskedAgain = false;
        const page = await this.read(feed.scope, feed.place);
        this.#giveOut(feed, page);
        if (!page.hasUnsettled) feed.unsettledReads = 0;
        else if (!page.hasMore) this.#lookAgainSoon(feed);
        isMore = page.hasMore || feed.isAskedAgain;
      }
      this.#isFailing = false;
    } catch (error) {
      // The streams stay: the next round finds out whether the database is back.
      if (!this.#isFailing) this.#log.warn({ err: error }, 'events.log_unreadable');
      this.#isFailing = true;
    } finally {
      feed.isReading = false;
    }
  }

  #giveOut(feed: Feed, { rows, end }: LogPage): void {
    feed.place = end;
    const everything = new EventBatch(rows);
    for (const listener of [...feed.listeners]) {
      const { place, scope } = listener;
      if (isAfter(end, place)) listener.place = end;
      if (rows.length === 0) continue;
      const isForAll = scope.conversationId === null && isAfter(rows[0]!, place);
      const wanted = isForAll ? rows : rows.filter((row) => isWanted(row, scope, place));
      if (wanted.length === 0) continue;
      listener.take(isForAll ? everything : new EventBatch(wanted));
    }
  }

  #lookAgainSoon(feed: Feed): void {
    const delayMs = UNSETTLED_DELAYS_MS[feed.unsettledReads];
    if (delayMs === undefined) return;
    feed.unsettledReads += 1;
    setTimeout(() => {
      if (this.#feeds.get(channelKeyText(feed.scope)) === feed) void this.#advance(feed);
    }, delayMs).unref();
  }
}

const isWanted = (row: LoggedRow, { conversationId }: LogScope, place: LogPosition): boolean =>
  (conversationId === null || conversationId === row.conversationId) && isAfter(row, place);
