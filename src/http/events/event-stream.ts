// One open event stream (SSE). Sends the events of the log after its position, then the batches of the hub. A slow
// client gets no writes: the stream resumes from the log when there is room, so slow clients cost no memory.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Log } from '../../base/log.ts';
import type { LogPosition, LogScope } from '../../store/outbox/event-log.ts';
import type { EventBatch, EventStreamHub, Listener } from './event-stream-hub.ts';
import {
  type EphemeralEvent,
  ephemeralText,
  heartbeatText,
  openingText,
  streamText,
} from './event-stream-text.ts';

const HEARTBEAT_INTERVAL_MS = 15_000;
const RECONNECT_DELAY_MS = 1_000;
const PERMISSION_INTERVAL_MS = 2_000;
const READER_INTERVAL_MS = 1_000;
/** A client that reads nothing for this long is presumed gone; it can resume. */
const STALLED_TIMEOUT_MS = 30_000;

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Disables buffering in nginx.
  'X-Accel-Buffering': 'no',
  // The connection ends with the stream, so stopping need not wait for further requests.
  Connection: 'close',
} as const;

/** Sends the head of a stream without events. */
export function sendStreamHead(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  response.writeHead(200, { ...headers, ...streamHeaders }).end();
}

export type StreamSource = {
  readonly hub: EventStreamHub;
  readonly scope: LogScope;
  /** The position after which events are sent. */
  readonly place: LogPosition;
  /** The id to resume at until an event was sent. */
  readonly resumeId: string;
  /** Whether the token is still valid. */
  readonly isPermitted: () => Promise<boolean>;
  readonly log: Log;
  /** A client that reads nothing for this long is cut off; 30 s if not given. */
  readonly stalledTimeoutMs?: number;
  /** Called once, when the stream has ended. */
  readonly onEnd: () => void;
};

export class EventStream implements Listener {
  readonly scope: LogScope;
  place: LogPosition;
  readonly #source: StreamSource;
  readonly #response: ServerResponse;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #stalledTimeoutMs: number;
  readonly #close = () => this.end();
  #isOver = false;
  #isCatchingUp = false;
  /** Since when the client has no room for more; null: it has. */
  #blockedAt: number | null = null;

  /** Sends the head and starts the stream; it ends by itself. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, source: StreamSource) {
    this.scope = source.scope;
    this.place = source.place;
    this.#source = source;
    this.#stalledTimeoutMs = source.stalledTimeoutMs ?? STALLED_TIMEOUT_MS;
    this.#response = response;
    response.on('close', this.#close);
    response.on('error', this.#close);
    // A client that closes its side is gone; the next heartbeat would notice only later.
    response.socket?.once('end', this.#close);
    source.hub.closing.addEventListener('abort', this.#close);
    response.writeHead(200, { ...headers, ...streamHeaders });
    this.#timers = [
      setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS),
      setInterval(() => void this.#checkPermission(), PERMISSION_INTERVAL_MS),
      setInterval(() => this.#checkReader(), Math.min(READER_INTERVAL_MS, this.#stalledTimeoutMs)),
    ];
    this.#write(openingText(RECONNECT_DELAY_MS, source.resumeId));
    void this.#catchUp();
    // The hub closed before the listener was added.
    if (response.destroyed || source.hub.closing.aborted) this.end();
  }

  onBatch(batch: EventBatch): void {
    if (!this.#write(batch.bytes)) this.#fallBehind();
  }

  onEphemeral(event: EphemeralEvent): void {
    if (!this.#write(ephemeralText(event))) this.#fallBehind();
  }

  /** Ends the stream; the client resumes on another server, or later. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#source.hub.closing.removeEventListener('abort', this.#close);
    this.#source.hub.leave(this);
    // A client that does not read would keep the connection, and so the shutdown, waiting.
    if (this.#blockedAt === null) this.#response.end();
    else this.#response.destroy();
    this.#source.onEnd();
  }

  /** @returns whether there is room for more. */
  #write(chunk: Buffer | string): boolean {
    if (this.#isOver) return true;
    const hasRoom = this.#response.write(chunk);
    if (hasRoom) this.#blockedAt = null;
    else this.#blockedAt ??= performance.now();
    return hasRoom;
  }

  /** Leaves the hub, and catches up alone once the client has room. */
  #fallBehind(): void {
    this.#source.hub.leave(this);
    if (!this.#isCatchingUp) void this.#catchUp();
  }

  /** Reads the log up to the position of the hub, and joins it. */
  async #catchUp(): Promise<void> {
    const { hub, log } = this.#source;
    this.#isCatchingUp = true;
    try {
      while (!this.#isOver) {
        await this.#room();
        if (this.#isOver) return;
        const page = await hub.read(this.scope, this.place);
        if (this.#isOver) return;
        this.place = page.end;
        if (page.rows.length > 0) this.#write(streamText(page.rows));
        if (this.#blockedAt === null && !page.hasMore && hub.join(this)) return;
      }
    } catch (error) {
      // The hub logs it once; a thousand streams need not.
      log.debug({ err: error }, 'events.stream_interrupted');
      // The client reconnects and gets 503 then if the database is still unavailable.
      this.end();
    } finally {
      this.#isCatchingUp = false;
    }
  }

  #room(): Promise<void> {
    if (this.#blockedAt === null || !this.#response.writableNeedDrain) {
      this.#blockedAt = null;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const go = () => {
        this.#response.off('drain', go).off('close', go);
        this.#blockedAt = null;
        resolve();
      };
      this.#response.on('drain', go).on('close', go);
    });
  }

  #beat(): void {
    if (this.#blockedAt === null && !this.#write(heartbeatText)) this.#fallBehind();
  }

  #checkReader(): void {
    if (this.#blockedAt === null) return;
    if (performance.now() - this.#blockedAt >= this.#stalledTimeoutMs) this.end();
  }

  async #checkPermission(): Promise<void> {
    // While the database is unavailable, permission is unknown, and nothing is sent.
    const isPermitted = await this.#source.isPermitted().catch(() => true);
    if (!isPermitted) this.end();
  }
}
