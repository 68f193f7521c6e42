// One open stream of a page of the web app (SSE). Events:
//   hello       the build of the server, and the position at which the stream begins
//   changes     conversations that changed, each with its new version and what happened; its id is the position
//   reset       what changed while the page was away is no longer known: it loads again what it shows
//   signed-out  the session has ended; so does the stream
//
// A page that does not read is disconnected, and resumes at the last id that it got.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FeedRow } from '../../../store/inbox/feed.ts';
import type { FeedListener, InboxFeed } from './inbox-feed.ts';

const HEARTBEAT_INTERVAL_MS = 15_000;
const PERMISSION_INTERVAL_MS = 30_000;
const RECONNECT_DELAY_MS = 1_000;
/** Unsent bytes of a page that does not read. */
const UNSENT_BYTES_MAX = 256 * 1024;
/** Until then all servers write the feed of a workspace that has just begun to use it. */
const FEED_STARTS_MS = 3_000;

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Disables buffering in nginx.
  'X-Accel-Buffering': 'no',
  Connection: 'close',
} as const;

export type PageStreamSource = {
  readonly feed: InboxFeed;
  readonly workspaceId: number;
  readonly sessionId: number;
  readonly build: string;
  readonly place: number;
  /** Whether the page has to load what it shows again. */
  readonly isReset: boolean;
  /** Whether servers may not write the feed yet. */
  readonly isStarting: boolean;
  /** Whether the session is still open. */
  readonly isPermitted: () => Promise<boolean>;
  /** Aborts when the server stops. */
  readonly closing: AbortSignal;
};

export class PageStream implements FeedListener {
  readonly sessionId: number;
  place: number;
  readonly #source: PageStreamSource;
  readonly #response: ServerResponse;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #close = () => this.#end();
  #isOver = false;

  /** Sends the head and starts the stream; it ends by itself. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, source: PageStreamSource) {
    this.sessionId = source.sessionId;
    this.place = source.place;
    this.#source = source;
    this.#response = response;
    response.on('close', this.#close);
    response.on('error', this.#close);
    response.socket?.once('end', this.#close);
    source.closing.addEventListener('abort', this.#close);
    response.writeHead(200, { ...headers, ...streamHeaders });
    this.#timers = [
      setInterval(() => this.#write(': \n\n'), HEARTBEAT_INTERVAL_MS),
      setInterval(() => void this.#checkPermission(), PERMISSION_INTERVAL_MS),
      ...(source.isStarting ? [setTimeout(() => this.#send('reset', {}), FEED_STARTS_MS)] : []),
    ];
    this.#write(`retry: ${RECONNECT_DELAY_MS}\n`);
    this.#send('hello', { build: source.build, position: source.place }, source.place);
    if (source.isReset) this.#send('reset', {});
    source.feed.join(source.workspaceId, this);
    if (response.destroyed || source.closing.aborted) this.#end();
  }

  onChanges(rows: readonly FeedRow[]): void {
    const newest = new Map<number, [string, number, number]>();
    for (const { conversationIds, versions, kinds } of rows) {
      for (const [index, id] of conversationIds.entries()) {
        const kind = (newest.get(id)?.[2] ?? 0) | kinds[index]!;
        newest.set(id, [String(id), versions[index]!, kind]);
      }
    }
    const at = rows.at(-1)!.position;
    this.#send('changes', { at, conversations: [...newest.values()] }, at);
  }

  #send(event: string, data: object, id?: number): void {
    const mark = id === undefined ? '' : `id: ${id}\n`;
    this.#write(`${mark}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #write(text: string): void {
    if (this.#isOver) return;
    this.#response.write(text);
    if (this.#response.writableLength <= UNSENT_BYTES_MAX) return;
    this.#end();
    this.#response.destroy();
  }

  async #checkPermission(): Promise<void> {
    // While the database is unavailable the stream stays, and has nothing to tell.
    const isPermitted = await this.#source.isPermitted().catch(() => true);
    if (isPermitted) return;
    this.#send('signed-out', {});
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#source.closing.removeEventListener('abort', this.#close);
    this.#source.feed.leave(this.#source.workspaceId, this);
    this.#response.end();
  }
}
