// A real HTTP server in place of the app's callback: records what it receives, and responds as the test wants.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from './after-all.ts';
import { until } from './until.ts';

export type Received = {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read events without types.
  readonly event: any;
};

export type CallbackReceiver = {
  readonly url: string;
  /** All requests in order of arrival. */
  readonly received: readonly Received[];
  /** The events of a conversation, by its external id, in order of arrival. */
  of(externalConversationId: string): Received['event'][];
  /** Waits until a condition holds. */
  until(what: string, holds: () => boolean, limitMs?: number): Promise<true>;
  close(): Promise<void>;
};

export type Behaviour = (
  request: Received,
  response: ServerResponse,
  socket: IncomingMessage['socket'],
) => void;

const acknowledge: Behaviour = (_request, response) => response.writeHead(200).end();

/** Starts a receiver on a free port; it stops after all tests. */
export async function startReceiver(behave: Behaviour = acknowledge): Promise<CallbackReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8');
      const one = { headers: request.headers, text, event: JSON.parse(text) };
      received.push(one);
      behave(one, response, request.socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  afterAll(close);
  return {
    url: `http://127.0.0.1:${port}/callback`,
    received,
    of: (id) =>
      received.map(({ event }) => event).filter((event) => event.external_conversation_id === id),
    until: (what, holds, limitMs) => until(what, holds, limitMs),
    close,
  };
}
