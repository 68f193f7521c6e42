// The receiver inside real servers on real sockets: node:http, Express, Fastify, and the fetch-style handler.

import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import express from 'express';
import fastify from 'fastify';
import { message, nowMs, otherSecret, type Sent, secret, sign } from './deliveries.fixture.ts';
import { createReceiver, type Receiver } from './receiver.ts';

const closers: (() => unknown)[] = [];
after(() => Promise.all(closers.map((close) => close())));

function listen(maxBodyBytes = 2 * 1024 * 1024) {
  const received: string[] = [];
  const errors: unknown[] = [];
  const receiver = createReceiver({
    secrets: secret,
    clock: () => nowMs,
    maxBodyBytes,
    onEvent: (event) => {
      if (event.event_id.endsWith('_13')) throw new Error('unlucky');
      received.push(event.event_id);
    },
    onError: (error) => errors.push(error),
  });
  return { receiver, received, errors };
}

function opened(server: Server): Promise<string> {
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/parley`);
    });
  });
}

type Mount = {
  readonly title: string;
  mount(receiver: Receiver): Promise<string>;
  /** The status of its response to another method. */
  readonly otherMethod: number;
};

const mounts: Mount[] = [
  {
    title: 'node:http',
    mount: (receiver) => opened(createServer(receiver.node)),
    otherMethod: 405,
  },
  {
    title: 'Express',
    mount: (receiver) => opened(createServer(express().use('/parley', receiver.express))),
    otherMethod: 405,
  },
  {
    title: 'Express with express.json() behind it',
    mount: (receiver) =>
      opened(
        createServer(express().post('/parley', receiver.express).use(express.json()).use(echo)),
      ),
    otherMethod: 200,
  },
  {
    title: 'Express behind express.raw()',
    mount: (receiver) => {
      const raw = express.raw({ type: '*/*', limit: '2mb' });
      return opened(createServer(express().post('/parley', raw, receiver.express)));
    },
    otherMethod: 404,
  },
  {
    title: 'Express behind express.json() that keeps rawBody',
    mount: (receiver) => {
      const keep = (request: object, _response: unknown, bytes: Buffer) =>
        void Object.assign(request, { rawBody: bytes });
      const json = express.json({ limit: '2mb', verify: keep });
      return opened(createServer(express().use(json).post('/parley', receiver.express)));
    },
    otherMethod: 404,
  },
  {
    title: 'Fastify',
    mount: async (receiver) => {
      const app = fastify();
      app.post('/json', async (request) => request.body);
      app.register(receiver.fastify, { prefix: '/parley' });
      closers.push(() => app.close());
      return `${await app.listen({ port: 0, host: '127.0.0.1' })}/parley`;
    },
    otherMethod: 404,
  },
  {
    title: 'fetch-style',
    mount: (receiver) => opened(createServer(asFetchServer(receiver.fetch))),
    otherMethod: 405,
  },
];

const echo: express.RequestHandler = (request, response) => void response.json(request.body ?? {});

/** Serves a fetch-style handler as Hono or Next would: a Request with a streamed body in, the Response written out. */
function asFetchServer(handler: Receiver['fetch']): RequestListener {
  return async (incoming, outgoing) => {
    const method = incoming.method!;
    const request = new Request('http://here/parley', {
      method,
      headers: incoming.headers as Record<string, string>,
      ...(method === 'GET' ? {} : { body: incoming, duplex: 'half' }),
    } as RequestInit);
    const response = await handler(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  };
}

const post = (url: string, { body, headers }: Sent) =>
  fetch(url, { method: 'POST', body, headers });

for (const { title, mount, otherMethod } of mounts) {
  test(`${title}: handles signed events once each and rejects the others`, async () => {
    const { receiver, received, errors } = listen();
    const url = await mount(receiver);
    const first = await post(url, sign(message(1)));
    assert.deepEqual([first.status, await first.text()], [200, 'handled']);
    assert.match(first.headers.get('content-type')!, /^text\/plain; charset=utf-8$/);
    assert.equal(await (await post(url, sign(message(1)))).text(), 'handled before');
    assert.equal((await post(url, sign(message(2), { secrets: [otherSecret] }))).status, 401);
    const { headers } = sign(message(2));
    assert.equal((await post(url, { headers, body: JSON.stringify(message(3)) })).status, 401);
    assert.equal((await post(url, { headers: {}, body: '{}' })).status, 401);
    assert.equal((await post(url, sign(message(13)))).status, 500);
    assert.equal((await post(url, sign(message(2)))).status, 200);
    assert.deepEqual(received, ['event_11_1', 'event_11_2']);
    assert.equal(errors.length, 1);
  });

  test(`${title}: keeps the bytes of the body, so a signature over odd JSON is valid`, async () => {
    const { receiver, received } = listen();
    const url = await mount(receiver);
    const odd = JSON.stringify(message(1), null, 3).replace('Hi', '\\u0048i');
    assert.equal((await post(url, sign(odd))).status, 200);
    assert.deepEqual(received, ['event_11_1']);
  });

  test(`${title}: accepts an event of one and a half megabytes`, async () => {
    const { receiver, received } = listen();
    const url = await mount(receiver);
    const large = message(1, { external_conversation_id: 'é'.repeat(750_000) });
    assert.equal((await post(url, sign(large))).status, 200);
    assert.deepEqual(received, ['event_11_1']);
  });

  test(`${title}: responds to another method with ${otherMethod}`, async () => {
    const url = await mount(listen().receiver);
    assert.equal((await fetch(url)).status, otherMethod);
  });

  test(`${title}: joins chunks of one or two bytes`, async () => {
    const { receiver, received } = listen();
    const url = new URL(await mount(receiver));
    const { body, headers } = sign(message(1));
    const response = await sendChunks(url, headers, Buffer.from(body));
    assert.match(response, /^HTTP\/1\.1 200 /);
    assert.deepEqual(received, ['event_11_1']);
  });
}

for (const { title, mount } of mounts.filter((one) => !/raw/.test(one.title))) {
  test(`${title}: responds with 413 beyond the limit, with a length and in chunks`, async () => {
    const { receiver, received } = listen(10_000);
    const url = await mount(receiver);
    const sent = sign(message(1, { external_conversation_id: 'x'.repeat(20_000) }));
    assert.equal((await post(url, sent)).status, 413);
    const response = await sendChunks(new URL(url), sent.headers, Buffer.from(sent.body), 5_000);
    assert.match(response, /^HTTP\/1\.1 413 /);
    assert.deepEqual(received, []);
  });
}

for (const { title, mount } of mounts.filter((one) => /^(node:http|Fastify)$/.test(one.title))) {
  test(`${title}: responds with 413 to an endless body, then cuts the connection`, {
    timeout: 60_000,
  }, async () => {
    const { hostname, port, pathname } = new URL(await mount(listen(10_000).receiver));
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    let response = '';
    socket.on('data', (chunk) => {
      response += chunk;
    });
    const lines = 'content-type: application/json\r\ntransfer-encoding: chunked';
    socket.write(`POST ${pathname} HTTP/1.1\r\nhost: h\r\n${lines}\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    let sentBytes = 0;
    while (!socket.destroyed && sentBytes < 64 * 1024 * 1024) {
      const written = new Promise((resolve) => socket.write(chunk, resolve));
      await Promise.race([written, closed]);
      sentBytes += chunk.length;
    }
    assert.match(response, /^HTTP\/1\.1 413 /);
    assert.ok(sentBytes < 32 * 1024 * 1024, `it took ${sentBytes} bytes`);
    socket.destroy();
  });
}

/** Sends a body with chunked encoding over a bare socket. @returns the head of the response. */
function sendChunks(
  { hostname, port, pathname }: URL,
  headers: Record<string, string>,
  body: Buffer,
  chunkBytes = 2,
): Promise<string> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.on('error', reject);
    socket.on('data', (head) => {
      resolve(head.toString());
      socket.destroy();
    });
    socket.write(`POST ${pathname} HTTP/1.1\r\nhost: h\r\n${lines.join('')}`);
    socket.write('transfer-encoding: chunked\r\n\r\n');
    for (let at = 0; at < body.length; at += chunkBytes) {
      const chunk = body.subarray(at, at + chunkBytes);
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write('\r\n');
    }
    socket.write('0\r\n\r\n');
  });
}

test('Express after express.json(): responds with 500 and tells Parley and the app why', async () => {
  const { receiver, received, errors } = listen();
  const app = express().use(express.json()).post('/parley', receiver.express);
  const response = await post(await opened(createServer(app)), sign(message(1)));
  assert.equal(response.status, 500);
  assert.match(await response.text(), /Put the receiver before express\.json\(\)/);
  assert.match(String(errors[0]), /Put the receiver before express\.json\(\)/);
  assert.deepEqual(received, []);
});

test('fetch-style: responds with 500 if the body was read before', async () => {
  const { receiver, errors } = listen();
  const { body, headers } = sign(message(1));
  const request = new Request('http://here/', { method: 'POST', body, headers });
  await request.json();
  assert.equal((await receiver.fetch(request)).status, 500);
  assert.equal(errors.length, 1);
});

test('Fastify: other routes still parse JSON', async () => {
  const url = await mounts.find(({ title }) => title === 'Fastify')!.mount(listen().receiver);
  const response = await fetch(new URL('/json', url), {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
  });
  assert.deepEqual(await response.json(), { a: 1 });
});

test('node:http: survives a sender that leaves in the middle of a body', async () => {
  const { receiver, received, errors } = listen();
  const server = createServer(receiver.node);
  const url = new URL(await opened(server));
  const { headers } = sign(message(1));
  const socket = connect(Number(url.port), url.hostname);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const arrived = new Promise((resolve) => server.once('request', resolve));
  socket.write(`POST / HTTP/1.1\r\nhost: h\r\n${lines.join('')}content-length: 999\r\n\r\n{"a"`);
  await arrived;
  socket.destroy();
  assert.equal((await post(url.href, sign(message(2)))).status, 200);
  assert.deepEqual([received, errors], [['event_11_2'], []]);
});
