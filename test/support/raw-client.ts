// A client that sends raw bytes, and reads whole responses or nothing: for requests that no HTTP library would send.

import { connect, type Socket } from 'node:net';
import { checkResponse } from './check-response.ts';

export type RawResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export class RawClient {
  readonly socket: Socket;
  /** Resolves when both sides are closed, for whatever reason. */
  readonly closed: Promise<void>;
  /** The error that closed it, if any. */
  error: NodeJS.ErrnoException | null = null;
  /** Whether the server has closed its side. */
  isEnded = false;
  readonly #found: RawResponse[] = [];
  /** What was sent, as long as it is short enough to find the requests in it. */
  #sent = '';
  #requests: readonly RegExpExecArray[] = [];
  #chunks: Buffer[] = [];
  /** The number of bytes needed before the next parse. */
  #neededBytes = 1;
  #receivedBytes = 0;

  /** Connects. The client side stays open until the test closes it. */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#receivedBytes += chunk.length;
      if (this.#receivedBytes >= this.#neededBytes) this.#read();
    });
    this.socket.on('end', () => {
      this.isEnded = true;
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve()));
  }

  send(text: string): void {
    if (this.#sent.length + text.length < 100_000) {
      this.#sent += text;
      this.#requests = [...this.#sent.matchAll(/([A-Z]+) (\/\S*) HTTP\/1\.[01]\r\n/g)];
    }
    this.socket.write(text);
  }

  /** Waits for the server to close its side, or for so many responses. */
  async responses(count: number, timeoutMs = 15_000): Promise<readonly RawResponse[]> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const isOver = this.isEnded || this.error !== null || performance.now() > endMs;
      if (this.#found.length >= count || isOver) return this.#found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Parses the complete responses received so far. Does not support HEAD. */
  #read(): void {
    const received = Buffer.concat(this.#chunks);
    let at = 0;
    this.#neededBytes = 1;
    for (;;) {
      const headEnd = received.indexOf('\r\n\r\n', at);
      if (headEnd < 0) break;
      const { status, headers } = readHead(received.toString('latin1', at, headEnd));
      const length = status < 200 ? 0 : Number(headers['content-length'] ?? 0);
      const end = headEnd + 4 + length;
      if (received.length < end) {
        this.#neededBytes = end - at;
        break;
      }
      const body = received.toString('utf8', headEnd + 4, end);
      if (status >= 200) this.#found.push(this.#checked({ status, headers, body }));
      at = end;
    }
    this.#chunks = [received.subarray(at)];
    this.#receivedBytes = received.length - at;
  }

  /** Responses come in the order of the requests, of which each has a line of its own in what was sent. */
  #checked(response: RawResponse): RawResponse {
    const [, method, target] = this.#requests[this.#found.length] ?? [];
    if (method !== undefined && target !== undefined) {
      const { status, headers, body } = response;
      const contentType = headers['content-type'] ?? '';
      checkResponse({ method, target, status, contentType, body });
    }
    return response;
  }
}

function readHead(text: string): Pick<RawResponse, 'status' | 'headers'> {
  const [line = '', ...lines] = text.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((one) => {
      const [name = '', ...value] = one.split(':');
      return [name.toLowerCase(), value.join(':').trim()];
    }),
  );
  return { status: Number(line.split(' ')[1]), headers };
}
