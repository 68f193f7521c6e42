// A client that sends bytes as they are, and reads whole responses, or does not: for what an HTTP library would not do.

import { connect, type Socket } from 'node:net';

export type RawResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export class RawClient {
  readonly socket: Socket;
  /** Resolves when both sides are closed, however that came about. */
  readonly closed: Promise<void>;
  /** Why it was closed, if not politely. */
  error: NodeJS.ErrnoException | null = null;
  /** Whether the server has closed its side. */
  isEnded = false;
  readonly #found: RawResponse[] = [];
  #chunks: Buffer[] = [];
  /** What has to be there before it is worth looking. */
  #neededBytes = 1;
  #receivedBytes = 0;

  /** Connects. Its own side stays open until it says otherwise. */
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

  /** Takes the whole responses from the beginning. Those to HEAD are not understood. */
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
      if (status >= 200) this.#found.push({ status, headers, body });
      at = end;
    }
    this.#chunks = [received.subarray(at)];
    this.#receivedBytes = received.length - at;
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
