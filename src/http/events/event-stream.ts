// One open event stream (SSE): an answer that goes on. Sends what is in the log after its place, then what the hub
// gives it. A reader who is slow is not written to: it reads on from the log when it has room again, so it costs no
// memory.

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
/** A reader who takes nothing for so long is gone, or will resume. */
const STALLED_TIMEOUT_MS = 30_000;

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Tells nginx not to collect the answer before passing it on.
  'X-Accel-Buffering': 'no',
  // Nothing follows on this connection, so stopping need not wait for it.
  Connection: 'close',
} as const;

/** Answers with the head of a stream and nothing behind it. */
export function sendStreamHead(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  response.writeHead(200, { ...headers, ...streamHeaders }).end();
}

export type StreamSource = {
  readonly hub: EventStreamHub;
  readonly scope: LogScope;
  /** What comes after it is sent. */
  readonly place: LogPosition;
  /** The id to resume at as long as nothing was sent. */
  readonly resumeId: string;
  /** Whether the caller's token still opens this. */
  readonly isPermitted: () => Promise<boolean>;
  readonly log: Log;
  /** A reader who takes nothing for so long is cut off; 30 s if not given. */
  readonly stalledTimeoutMs?: number;
  /** Called once, when it is over. */
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
  /** Since when nothing can be written. */
  #blockedAt: number | null = null;

  /** Answers with the stream; it ends by itself. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, source: StreamSource) {
    this.scope = source.scope;
    this.place = source.place;
    this.#source = source;
    this.#stalledTimeoutMs = source.stalledTimeoutMs ?? STALLED_TIMEOUT_MS;
    this.#response = response;
    response.on('close', this.#close);
    response.on('error', this.#close);
    // Whoever closes its side does not read any more, and would not be noticed before the next heartbeat.
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
    // Too late to be told.
    if (response.destroyed || source.hub.closing.aborted) this.end();
  }

  take(batch: EventBatch): void {
    if (!this.#write(batch.bytes)) this.#fallBehind();
  }

  pass(event: EphemeralEvent): void {
    if (!this.#write(ephemeralText(event))) this.#fallBehind();
  }

  /** Ends it; the reader resumes elsewhere, or later. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#source.hub.closing.removeEventListener('abort', this.#close);
    this.#source.hub.leave(this);
    // One who does not read would keep the connection, and the server's end, waiting.
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

  /** Leaves the others, and reads on alone when there is room. */
  #fallBehind(): void {
    this.#source.hub.leave(this);
    if (!this.#isCatchingUp) void this.#catchUp();
  }

  /** Reads the log up to where the others are, and joins them. */
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
      // The hub warns of it once; each of a thousand streams need not.
      log.debug({ err: error }, 'events.stream_interrupted');
      // It comes back, and is told then whether the database is.
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
    // While the database is away, nothing can be said about it, and nothing is sent either.
    const isPermitted = await this.#source.isPermitted().catch(() => true);
    if (!isPermitted) this.end();
  }
}
