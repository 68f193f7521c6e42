// One connection of a client: how much of what it sends is read, how many of its requests are served side by side, and
// how it ends. Backpressure for clients that pipeline: what they do not take is not produced, and what cannot be served
// yet is not read. Knows no route.
//
// Node parses all that lies in its read buffer at once: 64 KB are three thousand requests. So the bytes are given to
// its parser in slices, and only while few requests are unanswered.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes parsed at a time; a usual request fits. */
const SLICE_BYTES = 1024;
/** Requests of one connection that are read before their responses are sent. */
const PENDING_REQUESTS_MAX = 16;
/** Bytes that a client may still send after its error response, before the connection is cut. */
const DROPPED_BYTES_MAX = 64 * 1024 * 1024;
/** Rough memory of a parsed request that waits. */
const WAITING_REQUEST_BYTES = 5 * 1024;

/** Internals of a socket of Node's HTTP server, not exposed otherwise. */
type HttpSocket = Socket & {
  /** Whether Node has stopped reading because too much is unsent. */
  _paused?: boolean;
  _handle?: { readonly writeQueueSize?: number } | null;
};

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  serve: (() => void) | null;
};

/**
 * open: reads and serves. ending: reads no more; sends the earlier responses, then the error. closing: everything is
 * sent, and further input is dropped until the client closes its side. Cutting it off at once would make its system
 * discard the response unread.
 */
type Phase = 'open' | 'ending' | 'closing';

export class Connection {
  readonly #socket: HttpSocket;
  /** Node's own listeners: they parse, and know what the end of the client's side means. */
  readonly #parse: (chunk: Buffer) => void;
  readonly #endOfInput: () => void;
  readonly #destroySoon: () => void;
  /** In the order in which they came. */
  readonly #pending = new Set<Exchange>();
  readonly #waiting: Exchange[] = [];
  /** How many of the unanswered are being served, and whether that is one that only reads. */
  #served = 0;
  #isReadServed = false;
  #latest: Exchange | null = null;
  /** Input that is received and not parsed yet. */
  #held: Buffer[] = [];
  #isParsing = false;
  #isInputOver = false;
  #phase: Phase = 'open';
  #farewell: string | null = null;
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
    // Node's own are taken off at times, and one without any would end the process.
    socket.on('error', () => {});
    this.#destroySoon = socket.destroySoon.bind(socket);
    // Node's way to close after the last response.
    socket.destroySoon = () => this.close();
  }

  /** Requests read from it, ever. */
  get requestCount(): number {
    return this.#requestCount;
  }

  get pendingRequests(): number {
    return this.#pending.size;
  }

  get isClosing(): boolean {
    return this.#phase === 'closing';
  }

  /** Whether bytes lie here that are not parsed yet: then it is not the client that is slow. */
  get isHoldingBack(): boolean {
    return this.#held.length > 0 || this.#phase !== 'open';
  }

  /** Bytes that the client has not taken yet. */
  get unsentBytes(): number {
    return Math.max(this.#socket.writableLength, this.#socket._handle?.writeQueueSize ?? 0);
  }

  /** Changes whenever the client takes something. */
  get taken(): string {
    const { bytesWritten, writableLength, _handle: handle } = this.#socket;
    return `${bytesWritten - writableLength} ${handle?.writeQueueSize}`;
  }

  /** Rough memory that this client occupies. */
  get keptBytes(): number {
    const held = this.#held.reduce((sum, { length }) => sum + length, 0);
    return (
      this.unsentBytes +
      this.#socket.readableLength +
      held +
      this.#waiting.length * WAITING_REQUEST_BYTES
    );
  }

  /** Serves a request when its turn has come. */
  admit(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    // Something before it said that nothing follows.
    if (this.#phase !== 'open') return;
    this.#requestCount += 1;
    const exchange: Exchange = { request, response, serve };
    this.#latest = exchange;
    this.#pending.add(exchange);
    response.on('close', () => this.#onResponseClosed(exchange));
    if (this.#waiting.length === 0 && this.#mayServe(exchange)) this.#serve(exchange);
    else this.#waiting.push(exchange);
  }

  /** Answers what came before, and this request, and reads no further. */
  admitLast(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    this.admit(request, response, serve);
    this.#stopReading();
  }

  /**
   * What came last cannot be served: says so when what came before is answered, and closes.
   * @param text a whole response; null if there is nothing to say.
   */
  endWithError(text: string | null): void {
    if (this.#phase !== 'open') return;
    this.#farewell = text;
    this.#stopReading();
    this.#endIfAllSent();
  }

  /** Nothing more is sent but what was begun. The client gets a moment to read it, and to close its side. */
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

  /** Ends it at once, whatever the client has not taken yet. */
  cut(): void {
    if (this.#socket.destroyed) return;
    this.#socket.resetAndDestroy();
  }

  /** Whether the response to this request is the only one that is still due. */
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

  /** Node goes on reading by itself at times. */
  readonly #onResume = (): void => {
    if (this.#held.length > 0) this.#parseHeld();
    else if (this.#phase === 'ending') this.#socket.pause();
  };

  /** What was received before it comes first. */
  readonly #onEnd = (): void => {
    this.#isInputOver = true;
    if (this.#held.length === 0 && this.#phase === 'open') this.#endOfInput();
  };

  readonly #onClose = (): void => {
    this.#phase = 'closing';
    this.#held = [];
    this.#waiting.length = 0;
    // Node does so itself, unless it has let go of the socket.
    for (const { response } of this.#pending) response.destroy();
  };

  #mayParse(): boolean {
    const { _paused: isPaused, destroyed } = this.#socket;
    if (this.#phase !== 'open' || isPaused || destroyed || this.#isParsing) return false;
    if (this.#pending.size < PENDING_REQUESTS_MAX) return true;
    // The rest of a body that is being read.
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

  /** What changes something may run beside its like; what only reads is alone, since its response may be large. */
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

  /** Handles a response that was sent completely, or whose client is gone. */
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
      // The one that was broken off gets the error response.
      if (request.complete || response.writableEnded) return;
    }
    const broken = this.#latest;
    const isAnswered = broken !== null && !broken.request.complete && !this.#pending.has(broken);
    this.close(isAnswered ? null : this.#farewell);
  }

  #readToDrop(): void {
    const socket = this.#socket;
    // Node's are made for a socket that it parses.
    socket.removeAllListeners('data').removeAllListeners('pause').removeAllListeners('resume');
    socket.on('data', (chunk: Buffer) => {
      this.#droppedBytes += chunk.length;
      if (this.#droppedBytes > DROPPED_BYTES_MAX) this.cut();
    });
    socket.resume();
  }
}

/** Takes off what the HTTP server has just put on. */
function takeLastListener(socket: Socket, event: 'data' | 'end'): (chunk?: unknown) => void {
  const listener = socket.listeners(event).at(-1) as ((chunk?: unknown) => void) | undefined;
  if (listener === undefined) throw new Error(`the HTTP server does not listen for ${event}`);
  socket.off(event, listener);
  return listener;
}
