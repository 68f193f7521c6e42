// A receiver of webhook calls: a real HTTP server on this machine that responds as the test wants and records calls.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../../test/support/listen.ts';

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** Starts a receiver. @param respond is called with the number of earlier calls. */
export async function openReceiver(
  respond: (response: ServerResponse, before: number) => void,
): Promise<{ readonly url: string; readonly calls: Received[] }> {
  const calls: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    const before = calls.length;
    calls.push({ path: request.url!, headers: request.headers, body });
    respond(response, before);
  });
  return { url: `http://127.0.0.1:${await listen(server)}/orders`, calls };
}
