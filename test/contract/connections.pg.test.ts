// Responses on one connection: pipelined requests and errors are answered in order, and a response arrives even if its
// request was cut short.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient } from '../support/raw-client.ts';
import { eventBody, startTestParley } from '../support/server.ts';
import { until } from '../support/until.ts';

const parley = await startTestParley();
const { url, token, database } = parley;
const notify = '/custom_channel_events/notify_new_conversation';
const authorization = `Authorization: Bearer ${token}\r\n`;
const connectText = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n';

const get = (path: string, headers = authorization) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

function post(body: string, headers = authorization, path = notify): string {
  const type = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}${type}\r\n${body}`;
}

const event = () => eventBody('new_conversation');
const conversationOf = (body: string) => JSON.parse(body).external_conversation_id;

async function isStored(eventId: string): Promise<boolean> {
  const rows = await database.sql('select 1 from channel_events where event_id = $1', [eventId]);
  return rows.length > 0;
}

test('pipelining: delivers 600 pages requested at once', async () => {
  const client = new RawClient(url);
  client.send(get('/docs').repeat(600));
  const responses = await client.responses(600, 60_000);
  assert.equal(responses.length, 600);
  assert.ok(responses.every(({ status, body }) => status === 200 && body.endsWith('</html>\n')));
  client.socket.destroy();
});

test('pipelining: stores and answers 300 events of one write in order', async () => {
  const client = new RawClient(url);
  const events = Array.from({ length: 300 }, event);
  client.send(events.map((one) => post(JSON.stringify(one))).join(''));
  const responses = await client.responses(300);
  assert.deepEqual(
    responses.map(({ status, body }) => [status, conversationOf(body)]),
    events.map((one) => [200, one['external_conversation_id']]),
  );
  client.socket.destroy();
});

test('pipelining: answers mixed reads, writes and errors in order', async () => {
  const client = new RawClient(url);
  const kinds = [
    () => [get('/me'), 200],
    () => [post(JSON.stringify(event())), 200],
    () => [post('{'), 400],
    () => [get('/contacts/nobody'), 404],
    () => [post(JSON.stringify(event()), 'Authorization: Bearer wrong\r\n'), 401],
    () => [get('/openapi.json'), 200],
  ] as const;
  const asked = Array.from({ length: 120 }, (_, index) => kinds[(index * 7) % kinds.length]!());
  client.send(asked.map(([text]) => text).join(''));
  const responses = await client.responses(asked.length);
  assert.deepEqual(
    responses.map(({ status }) => status),
    asked.map(([, status]) => status),
  );
  client.socket.destroy();
});

test('pipelining: answers all, sent byte by byte and followed by a half-close', async () => {
  const client = new RawClient(url);
  const text = post(JSON.stringify(event())) + get('/docs').repeat(40) + get('/me');
  for (const byte of text.slice(0, 300)) client.send(byte);
  client.send(text.slice(300));
  client.socket.end();
  const responses = await client.responses(99);
  assert.deepEqual(
    responses.map(({ status }) => status),
    Array.from({ length: 42 }, () => 200),
  );
  await client.closed;
});

test('pipelining: reads a large body behind other requests', async () => {
  const client = new RawClient(url);
  const large = () => JSON.stringify({ ...event(), padding: 'x'.repeat(900_000) });
  client.send(get('/docs').repeat(20) + post(large()) + post(large()) + get('/me'));
  const responses = await client.responses(23);
  assert.deepEqual(
    responses.map(({ status }) => status),
    Array.from({ length: 23 }, () => 200),
  );
  client.socket.destroy();
});

for (const [what, behind, status] of [
  ['CONNECT', connectText, 404],
  ['what is not HTTP', '\x00\x01nonsense\r\n\r\n', 400],
  ['a broken header', 'GET / HTTP/1.1\r\nHost x\r\n\r\n', 400],
  ['headers that are too large', `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ['another expectation', get('/me', `Expect: bogus\r\n${authorization}`), 417],
] as const) {
  test(`an event and ${what} in one write: get 200, then ${status}, then close`, async () => {
    for (let round = 0; round < 10; round += 1) {
      const client = new RawClient(url);
      const [first, second] = [event(), event()];
      const posts = [first, second].map((one) => post(JSON.stringify(one))).join('');
      // Nothing behind it is served, since the connection closes.
      client.send(`${posts}${behind}${get('/me')}`);
      const responses = await client.responses(4);
      assert.deepEqual(
        responses.map((one) => one.status),
        [200, 200, status],
      );
      assert.equal(conversationOf(responses[1]!.body), second['external_conversation_id']);
      const error = responses[2]!;
      assert.equal(JSON.parse(error.body).type, 'error.list');
      assert.equal(JSON.parse(error.body).request_id, error.headers['x-request-id']);
      assert.equal(error.headers['cache-control'], 'no-store');
      client.socket.end();
      await client.closed;
      assert.equal(client.error, null);
      assert.ok(await isStored(String(first['event_id'])));
    }
  });
}

test('an event with Connection: close and more behind it gets 200, then close', async () => {
  const client = new RawClient(url);
  client.send(post(JSON.stringify(event()), `Connection: close\r\n${authorization}`) + get('/me'));
  const responses = await client.responses(2);
  assert.deepEqual(
    responses.map(({ status }) => status),
    [200],
  );
  assert.ok(client.isEnded);
  client.socket.destroy();
});

for (const [what, text] of [
  ['CONNECT', connectText],
  ['another expectation', get('/me', 'Expect: bogus\r\n')],
  ['what is not HTTP', 'nonsense\r\n\r\n'],
  ['a request that is the last', get('/me', `Connection: close\r\n${authorization}`)],
  ['an unknown route with a body on the way', `${post('{', '', '/nowhere').slice(0, -1)}`],
] as const) {
  test(`${what}: is freed though the client keeps its side open`, async () => {
    const before = openSockets();
    const clients = Array.from({ length: 8 }, () => new RawClient(url));
    for (const client of clients) client.send(text);
    for (const client of clients) assert.equal((await client.responses(1)).length, 1);
    // Both ends are in this process: the client's ends are still open, the server's are not.
    await until('only theirs are left', () => openSockets() <= before + clients.length, 12_000);
    for (const client of clients) client.socket.destroy();
    await Promise.all(clients.map(({ closed }) => closed));
  });
}

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

type Early = { readonly status: number; readonly headers: Record<string, string>; path?: string };

for (const [what, { status, headers, path = notify }] of Object.entries<Early>({
  'that is too large': { status: 413, headers: { authorization: `Bearer ${token}` } },
  'without a token': { status: 401, headers: {} },
  'of another type': {
    status: 415,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
  },
  'to nowhere': { status: 404, headers: {}, path: '/nowhere' },
})) {
  for (const isChunked of [false, true]) {
    test(`5 MB ${what}${isChunked ? ', in chunks' : ''}: ${status}, every time`, async () => {
      for (let round = 0; round < 12; round += 1) {
        assert.equal(await sendLarge(path, headers, isChunked), status);
      }
    });
  }
}

/** Sends 5 MB like a client that reads only after sending. @returns the status, or why there was none. */
async function sendLarge(
  path: string,
  headers: Record<string, string>,
  isChunked: boolean,
): Promise<number | string | undefined> {
  const bytes = 'x'.repeat(5 * 1024 * 1024);
  const client = new RawClient(url);
  client.socket.pause();
  const lines = Object.entries({ 'content-type': 'application/json', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const body = isChunked
    ? `transfer-encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`
    : `content-length: ${bytes.length}\r\n\r\n${bytes}`;
  const text = `POST ${path} HTTP/1.1\r\nhost: x\r\n${head}${body}`;
  const failure = await new Promise<Error | null | undefined>((resolve) => {
    client.socket.write(text, resolve);
  });
  client.socket.resume();
  const [response] = await client.responses(1);
  client.socket.destroy();
  return failure?.message ?? response?.status;
}

test('Expect: 100-continue asks for the body only when it is wanted', async () => {
  const ask = async (headers: string, length: number) => {
    const client = new RawClient(url);
    let isAsked = false;
    client.socket.on('data', (chunk: Buffer) => {
      isAsked ||= chunk.toString().startsWith('HTTP/1.1 100 ');
    });
    const body = JSON.stringify(event());
    client.send(
      `POST ${notify} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n` +
        `${headers}Content-Length: ${length === 0 ? body.length : length}\r\n\r\n`,
    );
    const endMs = performance.now() + 5_000;
    while (!isAsked && !client.isEnded && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (isAsked) client.send(body);
    const [response] = await client.responses(1);
    client.socket.destroy();
    return [isAsked, response?.status];
  };
  assert.deepEqual(await ask(authorization, 0), [true, 200]);
  assert.deepEqual(await ask('', 0), [false, 401]);
  assert.deepEqual(await ask(authorization, 50_000_000), [false, 413]);
});

test('operations: are served at their exact path only, whatever a proxy lets pass', async () => {
  const paths = ['/metrics', '/healthz', '/readyz'];
  for (const path of paths) {
    assert.equal((await parley.call('GET', `${path}?x=1`)).status, 200);
    for (const other of [
      `/${path}`,
      `${path}/`,
      path.replace('e', '%65'),
      `${path}//`,
      `${path}/?x`,
    ]) {
      assert.equal((await parley.call('GET', other)).status, 404, other);
    }
  }
});

test('JSON responses: are never cached and never taken for another type', async () => {
  const responses = [
    await parley.call('GET', '/me'),
    await parley.call('POST', notify, event()),
    await parley.call('GET', '/nowhere'),
    await parley.call('GET', '/me', undefined, { authorization: 'Bearer wrong' }),
    await parley.call('GET', '/healthz'),
    await parley.call('GET', '/readyz'),
    await parley.call('GET', '/parley/v1/events'),
  ];
  for (const { headers } of responses) {
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
});
