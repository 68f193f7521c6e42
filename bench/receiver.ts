// The app behind the callback, as a separate process: plain node:http, which responds with 200 to every event and
// counts the arrivals. It can also notify conversations, so that one clock measures how long the greeting takes. Prints
// its address; everything else goes over HTTP:
//
//   POST /events/<series>      receives an event; DELETE forgets the series, GET reports it
//   POST /greetings            notifies conversations, waits for their greetings: outbound/greetings.ts

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Arrivals } from './outbound/arrivals.ts';
import { type GreetingOrder, Greetings } from './outbound/greetings.ts';

type Told = {
  readonly conversation_id: string;
  readonly external_conversation_id: string;
  readonly sequence: number;
};

const series = new Map<string, Arrivals>();
const greetings = new Greetings();

const server = createServer(async (request, response) => {
  const { url = '', method } = request;
  const answer = (value: object) => response.end(JSON.stringify(value));
  if (url === '/greetings') {
    const order = JSON.parse(await textOf(request)) as GreetingOrder;
    return greetings.measure(order).then(answer, (error) => {
      response.writeHead(500).end(String(error));
    });
  }
  const arrivals = series.get(url) ?? new Arrivals();
  if (method === 'DELETE') {
    series.delete(url);
    return response.end();
  }
  if (method === 'GET') return answer(arrivals.report());
  series.set(url, arrivals);
  const atMs = performance.now();
  const event = JSON.parse(await textOf(request)) as Told;
  arrivals.note(event.conversation_id, event.sequence, atMs);
  greetings.note(event.external_conversation_id, event.sequence, atMs);
  return response.end();
});

function textOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
    request.on('error', reject);
  });
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.on('SIGTERM', () => process.exit());
