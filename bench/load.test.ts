// The load generator counts correctly, against small servers whose responses are known.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { generateLoad } from './load/generate.ts';
import { ResponseReader } from './load/response-reader.ts';

const load = (url: string, connections: number) =>
  generateLoad({ url, token: 'a-token', connections, warmUpSeconds: 0.1, seconds: 0.3 });

async function withServer<Result>(
  server: Server | ReturnType<typeof createSocketServer>,
  run: (url: string) => Promise<Result>,
): Promise<Result> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

const serving = (listener: RequestListener) => createServer(listener);

test('load: sends each request whole and new, and counts it once', async () => {
  const bodies: string[] = [];
  const server = serving(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    bodies.push(body);
    response.end(`{"length":${body.length}}`);
  });
  const result = await withServer(server, (url) => load(url, 3));

  // A busy machine serves few in this third of a second.
  assert.ok(bodies.length > 5, `only ${bodies.length} requests`);
  assert.equal(result.acknowledged, bodies.length);
  assert.deepEqual(result.statuses, { 200: bodies.length });
  assert.equal(result.errors, 0);
  assert.ok(result.answers > 0 && result.answers < result.acknowledged, 'the warm-up is left out');
  assert.equal(Math.round(result.perSecond), Math.round(result.answers / 0.3));
  const { p50, p99, max } = result.latencyMs;
  assert.ok(p50 > 0 && p50 <= p99 && p99 <= max);

  const events = bodies.map((body) => JSON.parse(body));
  for (const field of ['event_id', 'external_conversation_id']) {
    assert.equal(new Set(events.map((event) => event[field])).size, events.length, field);
  }
  assert.equal(new Set(events.map(({ contact }) => contact.external_id)).size, events.length);
});

test('load: measures 40 ms for a server that takes 40 ms to respond', async () => {
  const server = serving((request, response) => {
    request.resume();
    setTimeout(() => response.end('{}'), 40);
  });
  const { latencyMs, answers } = await withServer(server, (url) => load(url, 4));
  assert.ok(latencyMs.p50 >= 39 && latencyMs.p50 < 200, `p50 ${latencyMs.p50}`);
  assert.ok(answers > 0 && answers <= 4 * 8);
});

test('load: counts error responses as errors and not as acknowledged', async () => {
  let count = 0;
  const server = serving((request, response) => {
    request.resume();
    count += 1;
    response.statusCode = count % 3 === 0 ? 503 : 200;
    response.end('{}');
  });
  const result = await withServer(server, (url) => load(url, 2));
  assert.equal(result.statuses[503], Math.floor(count / 3));
  assert.equal(result.errors, Math.floor(count / 3));
  assert.equal(result.acknowledged, count - Math.floor(count / 3));
});

test('load: counts connections closed without a response as errors', async () => {
  const server = createSocketServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  });
  const result = await withServer(server, (url) => load(url, 2));
  assert.equal(result.acknowledged, 0);
  assert.ok(result.errors >= 2);
});

test('response reader: finds the same responses wherever the stream is cut', () => {
  const stream = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
      'HTTP/1.1 503 Service Unavailable\r\nX: y\r\ncontent-length:0\r\n\r\n' +
      'HTTP/1.1 422 Unprocessable Content\r\ncontent-length: 2\r\nx: z\r\n\r\n{}',
  );
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const statuses: number[] = [];
    const reader = new ResponseReader();
    reader.push(stream.subarray(0, cut), (status) => statuses.push(status));
    reader.push(stream.subarray(cut), (status) => statuses.push(status));
    assert.deepEqual(statuses, [200, 503, 422], `cut at ${cut}`);
  }
});

test('response reader: rejects a response without a length', () => {
  const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
  assert.throws(() => new ResponseReader().push(chunked, () => {}), /without Content-Length/);
});
