// Connects the open event streams of this process: reads new log entries once for each channel and gives them to all
// its listeners. A listener that falls behind leaves, catches up from the log and rejoins, so nothing piles up here.
//
// The engine wakes the hub after a commit of this server; a poll every half second finds commits of other servers.

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
/** Delays of further reads while an earlier position may still be committed. */
const UNSETTLED_DELAYS_MS = [5, 20, 60, 150];
const PAGE_EVENTS_MAX = 500;
/** Maximum memory of a page, unless one event is larger. */
const PAGE_BYTES_MAX = 64 * 1024;
/** The other read connections are for other requests. */
const READS_AT_ONCE_MAX = 2;
const LISTENERS_MAX = 1000;
const LISTENERS_OF_TOKEN_MAX = 100;

/** Events for several listeners at once. */
export class EventBatch {
  readonly rows: readonly LoggedRow[];
  #bytes: Buffer | undefined;

  constructor(rows: readonly LoggedRow[]) {
    this.rows = rows;
  }

  /** The rows as text/event-stream: one buffer for all listeners. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(streamText(this.rows));
    return this.#bytes;
  }
}

/** A client that wants new events. */
export type Listener = {
  readonly scope: LogScope;
  /** The position up to which it has received events. The hub advances it. */
  place: LogPosition;
  onBatch(batch: EventBatch): void;
  onEphemeral(event: EphemeralEvent): void;
};

type Feed = {
  readonly scope: LogScope;
  readonly listeners: Set<Listener>;
  place: LogPosition;
  isReading: boolean;
  /** Whether it was woken while a read was in flight. */
  isWokenAgain: boolean;
  unsettledReads: number;
};

/** Makes the text of an event of a workspace ready to be sent. */
type Present = (text: string, workspaceId: number) => string;

export class EventStreamHub {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #present: Present;
  readonly #feeds = new Map<string, Feed>();
  readonly #countByToken = new Map<number | null, number>();
  #count = 0;
  readonly #closing = new AbortController();
  #isFailing = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #readsInFlight = 0;
  readonly #waitingReads: (() => void)[] = [];

  /**
   * @param pool a pool for the purpose `read`.
   * @param present makes the text of an event ready to be sent.
   */
  constructor(pool: Pool, log: Log, present: Present = (text) => text) {
    this.#present = present;
    this.#pool = pool;
    this.#log = log;
    setMaxListeners(0, this.closing);
  }

  /** Number of acquired connection slots. */
  get openCount(): number {
    return this.#count;
  }

  /** Acquires a connection slot. @returns the error when none is free. */
  acquireSlot(tokenId: number | null): 'streamsFull' | 'serviceUnavailable' | null {
    const ofToken = this.#countByToken.get(tokenId) ?? 0;
    if (ofToken >= LISTENERS_OF_TOKEN_MAX) return 'streamsFull';
    if (this.closing.aborted || this.#count >= LISTENERS_MAX) return 'serviceUnavailable';
    this.#count += 1;
    this.#countByToken.set(tokenId, ofToken + 1);
    return null;
  }

  releaseSlot(tokenId: number | null): void {
    const left = this.#countByToken.get(tokenId)! - 1;
    this.#count -= 1;
    if (left === 0) this.#countByToken.delete(tokenId);
    else this.#countByToken.set(tokenId, left);
  }

  /** Reads the next events of a scope, as many as may be held in memory. Few reads run at the same time. */
  async read(scope: LogScope, after: LogPosition): Promise<LogPage> {
    if (this.#readsInFlight >= READS_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waitingReads.push(resolve));
    } else {
      this.#readsInFlight += 1;
    }
    try {
      const bounds = { limit: PAGE_EVENTS_MAX, bytesMax: PAGE_BYTES_MAX };
      const page = await readAs(this.#pool, scope.workspaceId, (connection) =>
        readEvents(connection, scope, after, bounds),
      );
      return { ...page, rows: page.rows.map((row) => this.#ready(row, scope.workspaceId)) };
    } finally {
      // A waiting read takes over the slot.
      const next = this.#waitingReads.shift();
      if (next === undefined) this.#readsInFlight -= 1;
      else next();
    }
  }

  /**
   * Adds a listener, which from now on gets everything after its position.
   * @returns false if the feed is already further: then the listener catches up and tries again.
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
      isWokenAgain: false,
      unsettledReads: 0,
    };
    this.#feeds.set(key, feed);
    this.#pollTimer ??= setInterval(() => this.#pollAll(), POLL_INTERVAL_MS).unref();
    // Commits since the listener's last read did not wake this feed.
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

  /** Reads what was committed to the logs of these channels. */
  wake(channels: Iterable<ChannelKey>): void {
    for (const channel of channels) {
      const feed = this.#feeds.get(channelKeyText(channel));
      if (feed === undefined) continue;
      feed.unsettledReads = 0;
      void this.#advance(feed);
    }
  }

  /** Sends an ephemeral event to the current listeners. */
  sendEphemeral(channel: ChannelKey, event: EphemeralEvent): void {
    for (const listener of this.#feeds.get(channelKeyText(channel))?.listeners ?? []) {
      const { conversationId } = listener.scope;
      if (conversationId === null || conversationId === event.conversationId)
        listener.onEphemeral(event);
    }
  }

  /** Aborts when the server stops: then all streams end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends all streams, and accepts no new ones. */
  close(): void {
    this.#closing.abort();
  }

  #ready(row: LoggedRow, workspaceId: number): LoggedRow {
    const body = this.#present(row.body, workspaceId);
    return body === row.body ? row : { ...row, body };
  }

  #pollAll(): void {
    for (const feed of this.#feeds.values()) void this.#advance(feed);
  }

  /** Reads the new events of a channel and gives them to its listeners, until there are no more. */
  async #advance(feed: Feed): Promise<void> {
    feed.isWokenAgain = feed.isReading;
    if (feed.isReading) return;
    feed.isReading = true;
    try {
      for (let isMore = true; isMore && feed.listeners.size > 0; ) {
        feed.isWokenAgain = false;
        const page = await this.read(feed.scope, feed.place);
        this.#distribute(feed, page);
        if (!page.hasUnsettled) feed.unsettledReads = 0;
        else if (!page.hasMore) this.#pollAgainSoon(feed);
        isMore = page.hasMore || feed.isWokenAgain;
      }
      this.#isFailing = false;
    } catch (error) {
      // The streams stay open; the next poll tries again.
      if (!this.#isFailing) this.#log.warn({ err: error }, 'events.log_unreadable');
      this.#isFailing = true;
    } finally {
      feed.isReading = false;
    }
  }

  #distribute(feed: Feed, { rows, end }: LogPage): void {
    feed.place = end;
    const batch = new EventBatch(rows);
    for (const listener of [...feed.listeners]) {
      const { place, scope } = listener;
      if (isAfter(end, place)) listener.place = end;
      if (rows.length === 0) continue;
      const isForAll = scope.conversationId === null && isAfter(rows[0]!, place);
      const wanted = isForAll ? rows : rows.filter((row) => isWanted(row, scope, place));
      if (wanted.length === 0) continue;
      listener.onBatch(isForAll ? batch : new EventBatch(wanted));
    }
  }

  #pollAgainSoon(feed: Feed): void {
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
