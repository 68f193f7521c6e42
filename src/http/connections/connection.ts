// One client connection: how much of its input is parsed, how many of its requests run concurrently, and how it ends.
// Applies backpressure to clients that pipeline: while a client does not read its responses, no more are produced, and
// requests that cannot be served yet are not parsed. Knows no route.
//
// Node parses its whole read buffer at once, and 64 KB can hold three thousand requests. So its parser gets the bytes
// in slices, and only while few requests are pending.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes parsed at a time; a typical request fits. */
const SLICE_BYTES = 1024;
/** Requests of one connection that are read before their responses are sent. */
const PENDING_REQUESTS_MAX = 16;
/** Bytes that a client may still send after its error response, before the connection is cut. */
const DROPPED_BYTES_MAX = 64 * 1024 * 1024;
/** Approximate memory of a parsed request that waits. */
const WAITING_REQUEST_BYTES = 5 * 1024;

/** Internals of a socket of Node's HTTP server that Node does not expose. */
type HttpSocket = Socket & {
  /** Whether Node has stopped reading because too much output is unsent. */
  _paused?: boolean;
  _handle?: { readonly writeQueueSize?: number } | null;
};

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  serve: (() => void) | null;
};

/**
 * Phases. open: parses and serves. ending: parses no more; sends the earlier responses, then the error. closing:
 * everything is sent; input is dropped until the client closes its side, because closing at once would make the
 * client's system discard the response unread.
 */
type Phase = 'open' | 'ending' | 'closing';

export class Connection {
  readonly #socket: HttpSocket;
  /** Node's own listeners: they parse input and handle its end. */
  readonly #parse: (chunk: Buffer) => void;
  readonly #endOfInput: () => void;
  readonly #destroySoon: () => void;
  /** Requests without a complete response, in order of arrival. */
  readonly #pending = new Set<Exchange>();
  readonly #waiting: Exchange[] = [];
  /** Number of pending requests being served, and whether one of them only reads. */
  #served = 0;
  #isReadServed = false;
  #latest: Exchange | null = null;
  /** Input that is not parsed yet. */
  #held: Buffer[] = [];
  #isParsing = false;
  #isInputOver = false;
  #phase: Phase = 'open';
  #finalError: string | null = null;
  #droppedBytes = 0;
  #requestCount = 0;

  /** Takes over a socket that the HTTP server has just prepared. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.#parse = takeLastListener(socket, 'data');
    this.#endOfInput = takeLastListener(socket, 'end');
    socket.on('data', this.#take);
    socket.on('end', this.#onEnd);
    socket.on('resume', this.#onResume);
    socket.on('close', this.#onClose);
    // Node removes its own listeners at times, and an error without a listener would end the process.
    socket.on('error', () => {});
    this.#destroySoon = socket.destroySoon.bind(socket);
    // Node calls this to close after the last response.
    socket.destroySoon = () => this.close();
  }

  /** Number of requests that were ever read. */
  get requestCount(): number {
    return this.#requestCount;
  }

  get pendingRequests(): number {
    return this.#pending.size;
  }

  get isClosing(): boolean {
    return this.#phase === 'closing';
  }

  /** Whether Parley itself delays the connection: input is not parsed yet, or the connection is ending. */
  get isHoldingBack(): boolean {
    return this.#held.length > 0 || this.#phase !== 'open';
  }

  /** Bytes that the client has not read yet. */
  get unsentBytes(): number {
    return Math.max(this.#socket.writableLength, this.#socket._handle?.writeQueueSize ?? 0);
  }

  /** A text that changes whenever the client reads something. */
  get taken(): string {
    const { bytesWritten, writableLength, _handle: handle } = this.#socket;
    return `${bytesWritten - writableLength} ${handle?.writeQueueSize}`;
  }

  /** Approximate memory that this client occupies. */
  get keptBytes(): number {
    const held = this.#held.reduce((sum, { length }) => sum + length, 0);
    return (
      this.unsentBytes +
      this.#socket.readableLength +
      held +
      this.#waiting.length * WAITING_REQUEST_BYTES
    );
  }

  /** Serves a request as soon as the earlier ones allow it. */
  admit(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    // An earlier request ended the connection.
    if (this.#phase !== 'open') return;
    this.#requestCount += 1;
    const exchange: Exchange = { request, response, serve };
    this.#latest = exchange;
    this.#pending.add(exchange);
    response.on('close', () => this.#onResponseClosed(exchange));
    if (this.#waiting.length === 0 && this.#mayServe(exchange)) this.#serve(exchange);
    else this.#waiting.push(exchange);
  }

  /** Serves the earlier requests and this one, and reads no further. */
  admitLast(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    this.admit(request, response, serve);
    this.#stopReading();
  }

  /**
   * Ends the connection with an error, after the responses to earlier requests.
   * @param text the whole error response; null to send none.
   */
  endWithError(text: string | null): void {
    if (this.#phase !== 'open') return;
    this.#finalError = text;
    this.#stopReading();
    this.#endIfAllSent();
  }

  /**
   * Closes the connection: sends only what was begun, and gives the client a moment to read it and to close its side.
   */
  close(text: string | null = null): void {
    if (this.#phase === 'closing') return;
    this.#phase = 'closing';
    this.#held = [];
    this.#waiting.length = 0;
    const socket = this.#socket;
    if (text === null) socket.end();
    else socket.end(text);
    if (socket.readableEnded) {
      this.#destroySoon();
    } else {
      socket.once('end', this.#destroySoon);
      this.#readToDrop();
    }
  }

  /** Cuts the connection at once, even if the client has not read everything. */
  cut(): void {
    if (this.#socket.destroyed) return;
    this.#socket.resetAndDestroy();
  }

  /** Whether only one response is still due. */
  isLast(): boolean {
    return this.#pending.size === 1 && this.#held.length === 0;
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#held.length === 0 && chunk.length <= SLICE_BYTES && this.#mayParse()) {
      this.#parseSlice(chunk);
    } else if (this.#phase === 'open') {
      this.#held.push(chunk);
      this.#parseHeld();
    }
  };

  /** Node resumes reading by itself at times. */
  readonly #onResume = (): void => {
    if (this.#held.length > 0) this.#parseHeld();
    else if (this.#phase === 'ending') this.#socket.pause();
  };

  /** Passes the end of input on, after all earlier input was parsed. */
  readonly #onEnd = (): void => {
    this.#isInputOver = true;
    if (this.#held.length === 0 && this.#phase === 'open') this.#endOfInput();
  };

  readonly #onClose = (): void => {
    this.#phase = 'closing';
    this.#held = [];
    this.#waiting.length = 0;
    // Node destroys them itself, unless it has released the socket.
    for (const { response } of this.#pending) response.destroy();
  };

  #mayParse(): boolean {
    const { _paused: isPaused, destroyed } = this.#socket;
    if (this.#phase !== 'open' || isPaused || destroyed || this.#isParsing) return false;
    if (this.#pending.size < PENDING_REQUESTS_MAX) return true;
    // Allowed for the rest of a body that is being read.
    return this.#latest !== null && this.#latest.serve === null && !this.#latest.request.complete;
  }

  #parseSlice(slice: Buffer): void {
    this.#isParsing = true;
    this.#parse(slice);
    this.#isParsing = false;
  }

  #parseHeld(): void {
    const socket = this.#socket;
    socket.pause();
    while (this.#held.length > 0 && this.#mayParse()) {
      const [first] = this.#held as [Buffer];
      if (first.length <= SLICE_BYTES) this.#held.shift();
      else this.#held[0] = first.subarray(SLICE_BYTES);
      this.#parseSlice(first.subarray(0, SLICE_BYTES));
    }
    if (this.#held.length > 0 || this.#phase !== 'open') return;
    if (this.#isInputOver) this.#endOfInput();
    else if (!socket._paused) socket.resume();
  }

  /** Whether a request may run now. Writes run concurrently; a read runs alone, since its response may be large. */
  #mayServe({ request }: Exchange): boolean {
    return this.#served === 0 || (!this.#isReadServed && request.method === 'POST');
  }

  #serve(exchange: Exchange): void {
    const { serve, request } = exchange;
    exchange.serve = null;
    this.#served += 1;
    this.#isReadServed = request.method !== 'POST';
    serve?.();
  }

  /** Handles a response that was sent completely, or whose client has disconnected. */
  #onResponseClosed(exchange: Exchange): void {
    this.#pending.delete(exchange);
    if (exchange.serve === null) this.#served -= 1;
    if (this.#phase === 'closing') return;
    while (this.#waiting.length > 0 && this.#mayServe(this.#waiting[0]!)) {
      this.#serve(this.#waiting.shift()!);
    }
    if (this.#phase === 'ending') this.#endIfAllSent();
    else if (this.#held.length > 0) this.#parseHeld();
  }

  #stopReading(): void {
    this.#phase = 'ending';
    this.#held = [];
    this.#socket.pause();
  }

  #endIfAllSent(): void {
    for (const { request, response } of this.#pending) {
      // An incomplete request gets the error response.
      if (request.complete || response.writableEnded) return;
    }
    const broken = this.#latest;
    const isAnswered = broken !== null && !broken.request.complete && !this.#pending.has(broken);
    this.close(isAnswered ? null : this.#finalError);
  }

  #readToDrop(): void {
    const socket = this.#socket;
    // Node's listeners expect a socket that is still parsed.
    socket.removeAllListeners('data').removeAllListeners('pause').removeAllListeners('resume');
    socket.on('data', (chunk: Buffer) => {
      this.#droppedBytes += chunk.length;
      if (this.#droppedBytes > DROPPED_BYTES_MAX) this.cut();
    });
    socket.resume();
  }
}

/** Removes the listener that the HTTP server has just added. */
function takeLastListener(socket: Socket, event: 'data' | 'end'): (chunk?: unknown) => void {
  const listener = socket.listeners(event).at(-1) as ((chunk?: unknown) => void) | undefined;
  if (listener === undefined) throw new Error(`the HTTP server does not listen for ${event}`);
  socket.off(event, listener);
  return listener;
}
