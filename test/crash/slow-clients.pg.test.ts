// Clients that read no response, send nothing or never close their side: against a real `parley serve` they cost little
// memory, block no other client, and do not delay its exit.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestDatabase } from '../support/postgres.ts';
import { type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { eventBody, request } from '../support/server.ts';
import { until } from '../support/until.ts';

const { url: databaseUrl } = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: databaseUrl, PARLEY_LOG_LEVEL: 'warn' };
const authorization = `Bearer ${TOKEN}`;
const notify = '/custom_channel_events/notify_new_conversation';
const skip = existsSync('/proc/self/status') ? false : 'memory is read from /proc';

const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
});

/** Connects, sends, and reads nothing beyond the first buffer. */
function openUnread(url: string, text: string): Socket {
  const socket = connect({
    port: Number(new URL(url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  sockets.add(socket);
  socket.on('error', () => {});
  socket.write(text);
  return socket;
}

/** How many connections the server has cut off, by its metrics: a client that reads nothing does not notice. */
async function cutConnections(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = metrics.matchAll(/^parley_http_connections_cut_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

const residentMegabytes = ({ pid }: ParleyProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

const post = (): string => {
  const body = JSON.stringify(eventBody('new_conversation'));
  return (
    `POST ${notify} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
};

for (const [what, text] of [
  ['600 pages', () => 'GET /docs HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(600)],
  ['2,100 pages', () => 'GET /docs HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_100)],
  ['2,100 documents', () => 'GET /openapi.json HTTP/1.1\r\n\r\n'.repeat(2_100)],
  ['2,100 metrics', () => 'GET /metrics HTTP/1.1\r\n\r\n'.repeat(2_100)],
  ['2,900 unknown paths', () => 'GET /x HTTP/1.1\r\n\r\n'.repeat(2_900)],
  ['2,100 heads', () => 'HEAD /docs HTTP/1.1\r\n\r\n'.repeat(2_100)],
  ['600 events', () => Array.from({ length: 600 }, post).join('')],
] as const) {
  test(`unread: ten clients with ${what} each use little memory and block no other`, {
    skip,
  }, async (t) => {
    const { parley, url } = await startParley({ settings });
    // Allocates first what it needs anyway, connections to PostgreSQL included.
    for (const path of ['/docs', '/openapi.json', '/metrics', '/me']) {
      await fetch(`${url}${path}`, { headers: { authorization } });
    }
    const before = residentMegabytes(parley);
    let peak = before;
    const opened = Array.from({ length: 10 }, () => openUnread(url, text()));
    for (let look = 0; look < 30; look += 1) {
      const response = await request(`${url}/me`, 'GET', undefined, { authorization });
      assert.equal(response.status, 200);
      peak = Math.max(peak, residentMegabytes(parley));
      await pause(100);
    }
    t.diagnostic(`${Math.round(before)} MB, then ${Math.round(peak)} MB at most`);
    assert.ok(peak - before < 120, `${before} MB, then ${peak} MB`);
    for (const socket of opened) socket.destroy();
    await parley.kill();
  });
}

/** Whether connections with no or an invalid request are closed. The others are idle, and may stay. */
const areClosedByServer = (opened: readonly Socket[]): boolean =>
  opened.every((socket, index) => index % 4 === 3 || socket.readableEnded || socket.destroyed);

// Concurrent, since all of them mostly wait for limits of half a minute and more.
describe('limits of time', { concurrency: true }, () => {
  test('unread: clients that read nothing of 10 MB for half a minute are cut off', {
    skip,
  }, async (t) => {
    const { parley, url } = await startParley({ settings });
    const call = (path: string, body: unknown) =>
      request(`${url}${path}`, 'POST', body, { authorization });
    const begun = eventBody('new_conversation');
    const { body: made } = await call(notify, begun);
    const { external_conversation_id, contact } = begun;
    // Six bytes each in JSON: the whole conversation is a response of more than 10 MB.
    const words = '\u0001'.repeat(100_000);
    for (let part = 0; part < 20; part += 1) {
      const event = eventBody('new_message', { external_conversation_id, contact, body: words });
      const response = await call('/custom_channel_events/notify_new_message', event);
      assert.equal(response.status, 200);
    }
    const get = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`;
    const conversation = get(`/conversations/${made.conversation_id}`);
    const before = residentMegabytes(parley);
    openUnread(url, 'GET /docs HTTP/1.1\r\n\r\n'.repeat(600));
    // One by one: together they would get 503.
    for (let client = 0; client < 12; client += 1) {
      const socket = openUnread(url, conversation);
      // The beginning of it: an error would be shorter.
      await until('it is responding', () => socket.bytesRead > 10_000);
    }
    const startMs = performance.now();
    await until(
      'clients that read nothing are cut off',
      async () => (await cutConnections(url)) >= 13,
    );
    assert.ok(performance.now() - startMs < 50_000);
    const held = residentMegabytes(parley) - before;
    t.diagnostic(`${Math.round(before)} MB, and ${Math.round(held)} MB more after they are gone`);
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });

  test('unread: slow client that does read its response is served to the end', async () => {
    const { parley, url } = await startParley({ settings });
    const socket = openUnread(url, `${'GET /docs HTTP/1.1\r\n\r\n'.repeat(20)}`);
    let bytes = 0;
    const startMs = performance.now();
    // For longer than a client may read nothing at all.
    while (performance.now() - startMs < 36_000 && !socket.destroyed) {
      bytes += (socket.read(8_192) as Buffer | null)?.length ?? 0;
      await pause(50);
    }
    assert.equal(socket.destroyed, false);
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const page = await (await fetch(`${url}/docs`)).arrayBuffer();
    await until('everything arrived', () => bytes >= 20 * page.byteLength);
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });

  test('silent: more clients than file descriptors do not block the others', { skip }, async () => {
    const wrapper = ['/bin/sh', '-c', 'ulimit -n 300 && exec "$@"', 'sh'];
    const { parley, url } = await startParley({ settings, wrapper });
    const silent = Array.from({ length: 400 }, (_, index) =>
      openUnread(
        url,
        ['', 'GET /me HT', 'CONNECT x:1 HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\r\n\r\n'][
          index % 4
        ]!,
      ),
    );
    for (let round = 0; round < 40; round += 1) {
      const startMs = performance.now();
      const response = await request(`${url}${notify}`, 'POST', eventBody('new_conversation'), {
        authorization,
        connection: 'close',
      });
      assert.equal(response.status, 200);
      assert.ok(performance.now() - startMs < 5_000);
      await pause(20);
    }
    for (const socket of silent) socket.resume();
    await until(
      'silent and invalid connections are closed',
      () => areClosedByServer(silent),
      60_000,
    );
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });
});

test('SIGTERM: ends with 0 and in time despite every kind of open connection', async () => {
  const { parley, url } = await startParley({
    settings: { ...settings, PARLEY_DRAIN_SECONDS: '5' },
  });
  const head = `POST ${notify} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n`;
  const texts = [
    '',
    'GET /me HTTP',
    'CONNECT x:1 HTTP/1.1\r\n\r\n',
    'GET /me HTTP/1.1\r\nExpect: bogus\r\n\r\n',
    'GET /healthz HTTP/1.1\r\n\r\n',
    `${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a`,
    `GET /parley/v1/events/stream HTTP/1.1\r\nAuthorization: ${authorization}\r\n\r\n`,
    `GET /parley/v1/events?wait=30 HTTP/1.1\r\nAuthorization: ${authorization}\r\n\r\n`,
    'GET /docs HTTP/1.1\r\n\r\n'.repeat(600),
    'nonsense\r\n\r\n',
  ];
  for (const text of texts) {
    openUnread(url, text);
    openUnread(url, text).end();
    openUnread(url, text).resume();
  }
  await pause(300);
  const startMs = performance.now();
  assert.deepEqual(await parley.stop(), { code: 0, signal: null }, parley.log);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 4_900 && tookMs < 10_000, `took ${Math.round(tookMs)} ms`);
});
