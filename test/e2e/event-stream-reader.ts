// Reads text/event-stream over a real socket, as slowly or quickly as a test wants.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';

export type StreamMessage = {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
};

/** Far above the time that anything here takes. */
const patienceMs = 20_000;

export class StreamReader {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly messages: StreamMessage[] = [];
  /** The last event id, as a browser keeps it. */
  lastId: string | undefined;
  isEnded = false;
  rest = '';
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode!;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('error', () => {});
    response.on('close', () => {
      this.isEnded = true;
    });
  }

  /** The ids of all events so far. */
  get ids(): string[] {
    return this.messages.flatMap(({ id, data }) => (data === undefined ? [] : [id!]));
  }

  /** Stops reading, so that the server's buffers fill. */
  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    this.#response.destroy();
  }

  /** Waits until a condition holds. */
  async until(isSo: (reader: StreamReader) => boolean): Promise<void> {
    const start = performance.now();
    while (!isSo(this)) {
      if (performance.now() - start > patienceMs) {
        throw new Error(`not within ${patienceMs} ms; ${this.messages.length} messages came`);
      }
      await pause(5);
    }
  }

  #take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => {
          const at = line.indexOf(': ');
          return [line.slice(0, at), line.slice(at + 2)] as const;
        }),
      );
      const id = fields.get('id');
      if (id !== undefined) this.lastId = id;
      this.messages.push({ id, event: fields.get('event'), data: fields.get('data') });
    }
  }
}

/** Opens a stream; it is closed after all tests. */
export async function openEventStream(
  url: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<StreamReader> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(
      url,
      { agent: false, headers: { authorization: `Bearer ${token}`, ...headers } },
      resolve,
    );
    request.on('error', reject);
    request.end();
  });
  const reader = new StreamReader(response);
  afterAll(async () => reader.close());
  return reader;
}
