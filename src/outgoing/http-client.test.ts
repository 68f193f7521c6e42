// Outgoing HTTP requests to real servers on this machine. Only DNS is simulated.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { test } from 'node:test';
import { afterAll } from '../../test/support/after-all.ts';
import { systemClock } from '../base/clock.ts';
import { OutgoingHttp, type OutgoingRequest, type OutgoingResponse } from './http-client.ts';

const here = ['127.0.0.0/8', '::1/128'];

const names: Record<string, readonly string[]> = {
  'inside.example': ['10.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'loopback.example': ['127.0.0.1'],
  'both.example': ['10.0.0.1', '127.0.0.1'],
};

const http = new OutgoingHttp({
  clock: systemClock,
  lookUp: async (name) => {
    const addresses = names[name];
    if (addresses === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  },
});
afterAll(() => http.close());

const send = (url: string, fields: Partial<OutgoingRequest> = {}): Promise<OutgoingResponse> =>
  http.send({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    timeoutMs: 5_000,
    allowedCidrs: here,
    responseBytesMax: 2048,
    ...fields,
  });

async function listen(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  afterAll(async () => {
    (server as Server).closeAllConnections?.();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

const serve = (listener: RequestListener) => listen(createServer(listener));

async function serveRaw(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
  });
  return listen(server);
}

function assertFailed(response: OutgoingResponse, reason: string, detail?: RegExp): void {
  assert.equal(response.kind, 'failed', JSON.stringify(response));
  if (response.kind !== 'failed') return;
  assert.equal(response.reason, reason, response.detail);
  if (detail !== undefined) assert.match(response.detail, detail);
}

function assertResponse(response: OutgoingResponse, status: number) {
  assert.equal(response.kind, 'responded', JSON.stringify(response));
  if (response.kind !== 'responded') throw new Error('unreachable');
  assert.equal(response.status, status);
  return response;
}

test('send: a response comes back with status, body and Retry-After', async () => {
  const seen: unknown[] = [];
  const port = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method, url, headers } = request;
      seen.push([method, url, headers['x-event-id'], headers['content-length'], body]);
      response.writeHead(503, { 'retry-after': '7' }).end('späť');
    });
  });
  const response = await send(`http://127.0.0.1:${port}/a/b?c=d#e`, {
    headers: { 'X-Event-Id': '1' },
    body: '{"ä":1}',
  });
  const { latencyMs, ...rest } = assertResponse(response, 503);
  assert.ok(latencyMs < 5_000);
  assert.deepEqual(rest, {
    kind: 'responded',
    status: 503,
    retryAfterMs: 7000,
    body: 'späť',
    isCut: false,
  });
  assert.deepEqual(seen, [['POST', '/a/b?c=d', '1', '8', '{"ä":1}']]);
});

test('send: a redirect is a response and is not followed', async () => {
  let reached = 0;
  const inside = await serve((_, response) => {
    reached += 1;
    response.end();
  });
  const location = `http://127.0.0.1:${inside}/`;
  const port = await serve((_, response) => response.writeHead(307, { location }).end());
  const response = assertResponse(await send(`http://127.0.0.1:${port}/`), 307);
  assert.equal(response.location, location);
  assert.equal(reached, 0);
});

test('guard: names with inner addresses are rejected without a connection', async () => {
  for (const name of ['inside.example', 'metadata.example', 'mapped.example', 'both.example']) {
    assertFailed(await send(`http://${name}/`, { allowedCidrs: [] }), 'address_refused', / is /);
  }
});

test('guard: literal inner addresses are rejected without a lookup', async () => {
  let connections = 0;
  const port = await serveRaw(() => {
    connections += 1;
  });
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '017700000001',
    '１２７.0.0.1',
    '127.0.0.1.',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '[::]',
    '0.0.0.0',
    '0',
  ]) {
    const response = await send(`http://${host}:${port}/`, { allowedCidrs: [] });
    assertFailed(response, 'address_refused');
  }
  assert.equal(connections, 0);
});

test('guard: of several addresses only the allow-listed one is called', async () => {
  const port = await serve((_, response) => response.end('here'));
  assertResponse(await send(`http://both.example:${port}/`), 200);
});

test('guard: a pooled connection serves no other allow-list', async () => {
  const port = await serve((_, response) => response.end('here'));
  const url = `http://loopback.example:${port}/`;
  assertResponse(await send(url), 200);
  assertFailed(await send(url, { allowedCidrs: [] }), 'address_refused');
  assertResponse(await send(url), 200);
});

test('send: a URL that cannot be called fails as url', async () => {
  for (const url of ['', 'nonsense', 'ftp://example.com/', 'file:///etc/passwd', 'http://a:b@c.d/'])
    assertFailed(await send(url), 'url');
  assertFailed(await send('http://[fe80::1%25eth0]/'), 'url');
});

test('send: network failures have their reasons', async () => {
  assertFailed(await send('http://unknown.example/'), 'dns');
  const gone = createTcpServer();
  const port = await listen(gone);
  gone.close();
  assertFailed(await send(`http://127.0.0.1:${port}/`), 'connection', /ECONNREFUSED/);
  const dropping = await serveRaw((socket) => socket.once('data', () => socket.destroy()));
  assertFailed(await send(`http://127.0.0.1:${dropping}/`), 'connection');
  const talking = await serveRaw((socket) =>
    socket.once('data', () => socket.end('220 ESMTP\r\n')),
  );
  assertFailed(await send(`http://127.0.0.1:${talking}/`), 'protocol');
  assertFailed(await send(`https://127.0.0.1:${talking}/`), 'tls');
  assertFailed(await send('http://127.0.0.1:1/', { headers: { 'a b': 'c' } }), 'protocol');
});

test('send: a response that never ends is cut at the deadline', async () => {
  const silent = await serveRaw(() => {});
  const startedAt = performance.now();
  assertFailed(await send(`http://127.0.0.1:${silent}/`, { timeoutMs: 200 }), 'timeout');
  const dripping = await serve((_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  const response = await send(`http://127.0.0.1:${dripping}/`, { timeoutMs: 200 });
  assertFailed(response, 'timeout', /status 200, but/);
  assert.ok(performance.now() - startedAt < 4_000);
});

test('send: an endless response is cut at its size limit', async () => {
  let closed = () => {};
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const port = await serve((_, response) => {
    response.writeHead(200);
    const pour = () => {
      while (response.writable && response.write('x'.repeat(16_384)));
    };
    response.on('drain', pour);
    response.on('close', closed);
    pour();
  });
  const response = assertResponse(await send(`http://127.0.0.1:${port}/`), 200);
  assert.equal(response.body, 'x'.repeat(2048));
  assert.equal(response.isCut, true);
  await isClosed;
});

test('send: a response cut inside a character leaves out the half', async () => {
  const port = await serve((_, response) => response.end('ää'));
  const response = assertResponse(
    await send(`http://127.0.0.1:${port}/`, { responseBytesMax: 3 }),
    200,
  );
  assert.equal(response.body, 'ä');
});

test('send: requests one after another share a connection', async () => {
  let connections = 0;
  const server = createServer((_, response) => response.end()).on('connection', () => {
    connections += 1;
  });
  const port = await listen(server);
  for (let count = 0; count < 10; count += 1) {
    assertResponse(await send(`http://127.0.0.1:${port}/`), 200);
  }
  // Two: a response arrives a moment before its connection is free again.
  assert.ok(connections <= 2, `${connections}`);
});

test('send: more allow-lists than are cached all work', async () => {
  const port = await serve((_, response) => response.end());
  const responses = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      send(`http://127.0.0.1:${port}/`, { allowedCidrs: ['127.0.0.1', `10.0.0.${index}`] }),
    ),
  );
  for (const response of responses) assertResponse(response, 200);
});

test('send: a flood of preliminary responses is cut off', async () => {
  const port = await serveRaw((socket) => {
    const flood = () => {
      while (!socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n'));
    };
    socket.on('drain', flood);
    flood();
  });
  const response = await send(`http://127.0.0.1:${port}/`, { timeoutMs: 20_000 });
  assert.ok(response.kind === 'failed' && response.reason === 'protocol', JSON.stringify(response));
  assert.ok(response.latencyMs < 10_000, `${response.latencyMs} ms`);
});

test('send: a body that is not UTF-8 is reported as garbled', async () => {
  const bodies = [
    Buffer.from('Gr\xfc\xdfe', 'latin1'),
    Buffer.from('Grüße'),
    Buffer.from('ü'.repeat(2000)),
  ];
  const port = await serve((request, response) =>
    response.end(bodies[Number(request.url!.slice(1))]),
  );
  const seen = await Promise.all(bodies.map((_, at) => send(`http://127.0.0.1:${port}/${at}`)));
  const isGarbled = seen.map((one) => one.kind === 'responded' && one.isGarbled === true);
  assert.deepEqual(isGarbled, [true, false, false]);
});
