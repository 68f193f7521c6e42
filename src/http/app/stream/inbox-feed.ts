// Connects the open pages of the web app with the feed: reads the changes of a workspace once and gives them to all its
// listeners. Woken by commits of this server; a poll finds those of other servers.

import type { Log } from '../../../base/log.ts';
import type { Pool } from '../../../database/pool.ts';
import { type FeedRow, findFeedBounds, readFeed } from '../../../store/inbox/feed.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';

const POLL_INTERVAL_MS = 500;
/** Delays of further reads while an earlier position may still be committed. */
const UNSETTLED_DELAYS_MS = [5, 20, 60, 150];
const LISTENERS_MAX = 1_000;
const LISTENERS_OF_SESSION_MAX = 20;

export type FeedListener = {
  readonly sessionId: number;
  /** The position up to which it has got everything. */
  place: number;
  onChanges(rows: readonly FeedRow[]): void;
};

type Watched = {
  readonly listeners: Set<FeedListener>;
  place: number;
  isReading: boolean;
  isWokenAgain: boolean;
  unsettledReads: number;
};

export class InboxFeed {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #watched = new Map<number, Watched>();
  #count = 0;
  #poll: NodeJS.Timeout | undefined;
  #isFailing = false;

  /** @param pool a pool for the purpose `read`. */
  constructor(pool: Pool, log: Log) {
    this.#pool = pool;
    this.#log = log;
  }

  /** Whether another stream of a session may begin. */
  hasRoom(workspaceId: number, sessionId: number): boolean {
    const listeners = this.#watched.get(workspaceId)?.listeners ?? new Set();
    const own = [...listeners].filter((one) => one.sessionId === sessionId);
    return this.#count < LISTENERS_MAX && own.length < LISTENERS_OF_SESSION_MAX;
  }

  /** Finds where a reader begins. */
  findBounds(workspaceId: number): ReturnType<typeof findFeedBounds> {
    return readAs(this.#pool, workspaceId, (connection) => findFeedBounds(connection, workspaceId));
  }

  /** Adds a listener, which from now on gets everything after its place. */
  join(workspaceId: number, listener: FeedListener): void {
    this.#count += 1;
    const known = this.#watched.get(workspaceId);
    const watched = known ?? {
      listeners: new Set(),
      place: listener.place,
      isReading: false,
      isWokenAgain: false,
      unsettledReads: 0,
    };
    // Reads again what the new listener lacks; the others leave out what they have.
    watched.place = Math.min(watched.place, listener.place);
    watched.listeners.add(listener);
    this.#watched.set(workspaceId, watched);
    this.#poll ??= setInterval(() => this.wake(this.#watched.keys()), POLL_INTERVAL_MS).unref();
    void this.#advance(workspaceId, watched);
  }

  leave(workspaceId: number, listener: FeedListener): void {
    const watched = this.#watched.get(workspaceId);
    if (!watched?.listeners.delete(listener)) return;
    this.#count -= 1;
    if (watched.listeners.size === 0) this.#watched.delete(workspaceId);
    if (this.#watched.size > 0) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  /** Reads what was committed in these workspaces. */
  wake(workspaceIds: Iterable<number>): void {
    for (const workspaceId of workspaceIds) {
      const watched = this.#watched.get(workspaceId);
      if (watched === undefined) continue;
      watched.unsettledReads = 0;
      void this.#advance(workspaceId, watched);
    }
  }

  async #advance(workspaceId: number, watched: Watched): Promise<void> {
    watched.isWokenAgain = watched.isReading;
    if (watched.isReading) return;
    watched.isReading = true;
    try {
      for (let isMore = true; isMore && watched.listeners.size > 0; ) {
        watched.isWokenAgain = false;
        const { place } = watched;
        const page = await readAs(this.#pool, workspaceId, (connection) =>
          readFeed(connection, workspaceId, place),
        );
        // A listener that joined meanwhile may need earlier rows.
        if (watched.place === place) watched.place = page.end;
        distribute(watched, place, page.rows);
        if (page.hasUnsettled && !page.hasMore) this.#readAgainSoon(workspaceId, watched);
        isMore = page.hasMore || watched.isWokenAgain || watched.place < page.end;
      }
      this.#isFailing = false;
    } catch (error) {
      // The pages stay; the next poll tries again.
      if (!this.#isFailing) this.#log.warn({ err: error }, 'inbox.feed_unreadable');
      this.#isFailing = true;
    } finally {
      watched.isReading = false;
    }
  }

  #readAgainSoon(workspaceId: number, watched: Watched): void {
    const delayMs = UNSETTLED_DELAYS_MS[watched.unsettledReads];
    if (delayMs === undefined) return;
    watched.unsettledReads += 1;
    setTimeout(() => {
      if (this.#watched.get(workspaceId) === watched) void this.#advance(workspaceId, watched);
    }, delayMs).unref();
  }
}

/** Gives rows after a place to the listeners that have everything up to it; one that joined meanwhile lacks some. */
function distribute({ listeners }: Watched, after: number, rows: readonly FeedRow[]): void {
  for (const listener of [...listeners]) {
    if (listener.place < after) continue;
    const wanted = rows.filter(({ position }) => position > listener.place);
    if (wanted.length === 0) continue;
    listener.place = wanted.at(-1)!.position;
    listener.onChanges(wanted);
  }
}
