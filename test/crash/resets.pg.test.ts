// Clients that disconnect, by reset or close, at every stage of every kind of request: the process survives. Runs a
// real `parley serve`, since an unhandled error event would end the process.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestDatabase } from '../support/postgres.ts';
import { type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { eventBody } from '../support/server.ts';

/** Rounds per kind of request; CRASH_RESET_ROUNDS=50 for a long run. */
const rounds = Number(process.env.CRASH_RESET_ROUNDS ?? 6);
const atOnce = 20;

const random = new SeededRandom(seed + 21);
const authorization = `Authorization: Bearer ${TOKEN}\r\n`;
const notify = '/custom_channel_events/notify_new_conversation';

function post(path: string, body: string, headers = authorization): string {
  const type = 'Content-Type: application/json\r\n';
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}${type}${length}\r\n${body}`;
}
const chunkedHead = `POST ${notify} HTTP/1.1\r\nHost: x\r\n${authorization}Transfer-Encoding: chunked\r\n\r\n`;
const event = () => JSON.stringify(eventBody('new_conversation'));
const get = (path: string, headers = authorization) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

/** Request texts by kind; made anew each time, so that events are new ones. */
const kinds: Readonly<Record<string, () => string>> = {
  connect: () => 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'connect with bytes behind it': () =>
    `CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n${'y'.repeat(9_000)}`,
  'post, then connect': () => `${post(notify, event())}CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n`,
  upgrade: () =>
    get(
      '/docs',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n',
    ),
  'upgrade to HTTP/2': () => get('/me', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'),
  'HTTP/2 from the start': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a TLS greeting': () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'expect: something': () => get('/me', 'Expect: bogus\r\n'),
  'get, then expect: something': () => get('/me') + get('/me', 'Expect: bogus\r\n') + get('/me'),
  'expect: 100-continue': () => post(notify, event(), `${authorization}Expect: 100-continue\r\n`),
  'get /docs': () => get('/docs'),
  'get /docs, many at once': () => get('/docs').repeat(40),
  'head /metrics': () => 'HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
  'get /me without a token': () => get('/me', ''),
  post: () => post(notify, event()),
  'post, many at once': () => Array.from({ length: 12 }, () => post(notify, event())).join(''),
  'post in chunks': () => `${chunkedHead}5\r\n{"a":\r\n3\r\n1}}\r\n0\r\n\r\n`,
  'post that is too large': () => post(notify, 'z'.repeat(1_200_000)),
  'post to nowhere': () => post('/nowhere', 'z'.repeat(50_000)),
  'post without a token': () => post(notify, event(), ''),
  'event stream': () => get('/parley/v1/events/stream'),
  'event stream from the beginning': () => get('/parley/v1/events/stream?after=0'),
  'head of the event stream': () =>
    `HEAD /parley/v1/events/stream HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`,
  'a wait for events': () => get('/parley/v1/events?wait=5&after=0&conversation_id=1'),
  'a broken header': () => 'GET / HTTP/1.1\r\nHost x\r\n\r\n',
  'headers without end': () => `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
  'a broken chunk': () => `${chunkedHead}zz\r\n`,
  nothing: () => '',
};

type Disconnect = 'reset' | 'close' | 'half-close, then reset';
const waysToDisconnect: readonly Disconnect[] = ['reset', 'close', 'half-close, then reset'];
/** When a client disconnects: as soon as it has sent, at the first byte of a response, or some milliseconds later. */
const moments = ['sent', 'answered', 1, 5, 30] as const;

/** Sends a request or a part of it, and disconnects. */
async function connectAndDisconnect(port: number, text: string, way: Disconnect): Promise<void> {
  const moment = random.pick(moments);
  const cut = random.chance(0.5) ? text.length : random.between(0, text.length);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  const isAnswered = new Promise((resolve) => {
    socket.once('data', resolve).once('close', resolve);
  });
  await new Promise((resolve) => {
    socket.once('close', resolve);
    socket.write(Buffer.from(text.slice(0, cut), 'latin1'), resolve);
  });
  if (moment === 'answered') await Promise.race([isAnswered, pause(300)]);
  else if (moment !== 'sent') await pause(moment);
  await disconnect(socket, way);
}

async function disconnect(socket: Socket, way: Disconnect): Promise<void> {
  if (socket.destroyed) return;
  if (way === 'half-close, then reset') {
    socket.end();
    await pause(random.between(0, 4));
  }
  if (way === 'close') socket.destroy();
  else socket.resetAndDestroy();
}

async function assertAlive(parley: ParleyProcess, url: string, kind: string): Promise<void> {
  assert.equal(parley.exit, undefined, `${kind}: ${parley.log.slice(-2000)}`);
  const response = await fetch(`${url}/healthz`).catch((error) => error);
  assert.equal(response.status, 200, `${kind}: ${response} ${parley.log.slice(-2000)}`);
}

test('resets: leave the process alive at every stage of every kind of request', async (t) => {
  const { url: databaseUrl } = await openTestDatabase();
  const settings = { PARLEY_DATABASE_URL: databaseUrl, PARLEY_LOG_LEVEL: 'warn' };
  const { parley, url } = await startParley({ settings });
  const port = Number(new URL(url).port);
  let connections = 0;
  for (const [kind, text] of Object.entries(kinds)) {
    for (let round = 0; round < rounds; round += 1) {
      const way = waysToDisconnect[round % waysToDisconnect.length]!;
      await Promise.all(
        Array.from({ length: atOnce }, () => connectAndDisconnect(port, text(), way)),
      );
      connections += atOnce;
    }
    await assertAlive(parley, url, kind);
  }
  t.diagnostic(`${connections} connections`);
  assert.doesNotMatch(parley.log, /"level":"(error|fatal)"/);
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
});
