// The event stream over real sockets: order, resuming, slow readers, limits, revoked tokens, and server shutdown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { newAccessToken, sha256Hex } from '../../src/base/random.ts';
import { addWorkspace, startTestParley, type TestParley } from '../support/server.ts';
import { until } from '../support/until.ts';
import { addConversation, addEvent, connectAsEngine } from './event-log-rows.ts';
import { openEventStream } from './event-stream-reader.ts';

const parley = await startTestParley();
const { database, url, token } = parley;
const path = '/parley/v1/events/stream';
const open = (query = '', headers: Record<string, string> = {}) =>
  openEventStream(`${url}${path}${query}`, token, headers);

test('stream: begins now without parameters, and says where to resume', async () => {
  const conversation = await addConversation(database);
  const old = await addEvent(database, conversation);
  await settled(old);
  const stream = await open();
  assert.equal(stream.status, 200);
  assert.match(stream.headers['content-type']!, /^text\/event-stream/);
  assert.equal(stream.headers['cache-control'], 'no-store');
  assert.equal(stream.headers['x-accel-buffering'], 'no');
  assert.ok(stream.headers['x-request-id']);
  await stream.until(({ lastId }) => lastId === old);
  const fresh = await addEvent(database, conversation, 'two\nlines\u2028and more');
  await stream.until(({ ids }) => ids.length === 1);
  const message = stream.messages.at(-1)!;
  assert.equal(message.id, fresh);
  assert.equal(message.event, 'new_message');
  const [row] = await database.sql<{ body: string }>(
    'select body from outbound_events where conversation_id = $1 and sequence = 2',
    [conversation.conversationId],
  );
  assert.equal(message.data, row!.body);
  stream.close();
});

test('stream: gives each event once and in order through interruptions', async () => {
  const talks = [
    await addConversation(database),
    await addConversation(database),
    await addConversation(database),
  ];
  const first = await addEvent(database, talks[0]!);
  await settled(first);
  let stream = await open(`?after=${first}`);
  const seen: string[] = [];
  let isWriting = true;
  const writing = (async () => {
    for (let round = 0; round < 150; round += 1) await addEvent(database, talks[round % 3]!);
    isWriting = false;
  })();
  while (isWriting || seen.length < 150) {
    const wanted = 1 + (seen.length % 17);
    await stream.until(({ ids }) => ids.length >= Math.min(wanted, 150 - seen.length));
    stream.close();
    seen.push(...stream.ids);
    stream = await open('?after=0', { 'last-event-id': seen.at(-1)! });
  }
  await writing;
  stream.close();
  const listed = await parley.call('GET', `/parley/v1/events?after=${first}&limit=1000`);
  const order = listed.body.data.map((event: { event_id: string }) => event.event_id);
  assert.deepEqual(seen, order);
  assert.equal(new Set(seen).size, 150);
});

test('stream: waits for an open transaction that holds an earlier position', async () => {
  const conversation = await addConversation(database);
  const held = await addConversation(database);
  const stream = await open();
  await stream.until(({ lastId }) => lastId !== undefined);
  const holder = await connectAsEngine(database);
  await holder.query('begin');
  const early = await addEvent(holder, held);
  const late = await addEvent(database, conversation);
  await pause(700);
  assert.deepEqual(stream.ids, []);
  await holder.query('commit');
  await holder.end();
  await stream.until(({ ids }) => ids.length === 2);
  assert.deepEqual(stream.ids, [early, late]);
  stream.close();
});

test('stream of a conversation: has its events only, from the first one or from now', async () => {
  const [conversation, other] = [await addConversation(database), await addConversation(database)];
  const ids = [await addEvent(database, conversation)];
  await addEvent(database, other);
  await settled(await addEvent(database, other));
  const whole = await open(`?conversation_id=${conversation.conversationId}&after=0`);
  const now = await open(`?conversation_id=${conversation.conversationId}`);
  await now.until(({ lastId }) => lastId === ids[0]);
  await addEvent(database, other);
  ids.push(await addEvent(database, conversation));
  await whole.until((reader) => reader.ids.length === 2);
  await now.until((reader) => reader.ids.length === 1);
  assert.deepEqual(whole.ids, ids);
  assert.deepEqual(now.ids, ids.slice(1));
  whole.close();
  now.close();
});

test('stream: a huge event or a stopped reader does not delay another reader', async () => {
  const conversation = await addConversation(database);
  const start = await addEvent(database, conversation);
  await settled(start);
  const [quick, slow] = [await open(`?after=${start}`), await open(`?after=${start}`)];
  slow.pause();
  const text = 'x'.repeat(1_500_000);
  const ids: string[] = [];
  const before = memoryInUse();
  for (let round = 0; round < 20; round += 1)
    ids.push(await addEvent(database, conversation, text));
  await quick.until((reader) => reader.ids.length === ids.length);
  // What waits for the slow reader stays in the database: not 30 MB in memory.
  assert.ok(memoryInUse() - before < 12_000_000);
  assert.deepEqual(quick.ids, ids);
  assert.ok(slow.ids.length < ids.length);
  slow.resume();
  await slow.until((reader) => reader.ids.length === ids.length);
  assert.deepEqual(slow.ids, ids);
  for (const stream of [quick, slow]) {
    // A heartbeat may come after the last event.
    const last = stream.messages.findLast(({ data }) => data !== undefined);
    assert.deepEqual(JSON.parse(last!.data!).message.body_text, text);
    stream.close();
  }
});

test('stream: rejects cursors and conversations of others and reveals nothing', async () => {
  const otherWorkspace = await addWorkspace(database, 'stream_stranger');
  const theirs = await addConversation(database, otherWorkspace);
  const theirId = await addEvent(database, theirs);
  const mine = await addConversation(database);
  const otherTalk = await addConversation(database);
  const myId = await addEvent(database, mine);
  for (const [query, headers, status, field] of [
    [`?after=${theirId}`, {}, 400, 'after'],
    ['', { 'last-event-id': theirId }, 400, 'Last-Event-ID'],
    ['?after=nonsense', {}, 400, 'after'],
    ['?after=0&after=1', {}, 400, 'after'],
    [`?conversation_id=${theirs.conversationId}`, {}, 404, 'conversation_id'],
    ['?conversation_id=99999999', {}, 404, 'conversation_id'],
    ['?conversation_id=one', {}, 400, 'conversation_id'],
    [`?conversation_id=${otherTalk.conversationId}&after=${myId}`, {}, 400, 'after'],
  ] as const) {
    const response = await parley.call('GET', `${path}${query}`, undefined, headers);
    assert.equal(response.status, status, query);
    assert.equal(response.body.errors[0].field, field);
    assert.ok(!JSON.stringify(response.body).includes(theirId));
  }
  const own = await openEventStream(`${url}${path}?after=0`, otherWorkspace.token);
  await own.until(({ ids }) => ids.length === 1);
  assert.deepEqual(own.ids, [theirId]);
  own.close();
});

test('stream: ends within seconds when its token is revoked; others go on', async () => {
  const { id, token: other } = await addToken('to_be_revoked');
  const [doomed, safe] = [await openEventStream(`${url}${path}`, other), await open()];
  await database.sql('update access_tokens set revoked_at = now() where id = $1', [id]);
  await doomed.until(({ isEnded }) => isEnded);
  assert.equal(safe.isEnded, false);
  const again = await openEventStream(`${url}${path}`, other);
  assert.equal(again.status, 401);
  safe.close();
});

test('stream: gives 429 above the limit of a token; closed streams free their slots', async () => {
  const { token: busy } = await addToken('busy');
  const streams = await Promise.all(
    Array.from({ length: 100 }, () => openEventStream(`${url}${path}`, busy)),
  );
  assert.ok(streams.every(({ status }) => status === 200));
  const rejected = await openEventStream(`${url}${path}`, busy);
  assert.equal(rejected.status, 429);
  assert.equal(rejected.headers['retry-after'], '10');
  const other = await open();
  assert.equal(other.status, 200);
  other.close();
  for (const stream of streams) stream.close();
  for (;;) {
    const next = await openEventStream(`${url}${path}`, busy);
    next.close();
    if (next.status === 200) break;
  }
});

test('stream: metrics measure how soon it began, not how long it lasted', async () => {
  // A server without other readers.
  const quiet = await startTestParley({}, database);
  const startMs = performance.now();
  const stream = await openEventStream(`${quiet.url}${path}`, token);
  const beginningMs = performance.now() - startMs;
  await pause(600);
  stream.close();
  const measured = await until('the stream is counted', async () => {
    const seconds = await streamSeconds(quiet);
    return seconds.count > 0 && seconds;
  });
  // The server measures less than its client, however busy the machine is.
  assert.ok(measured.sum * 1_000 < beginningMs + 100, `${measured.sum} s, not ${beginningMs} ms`);
  await quiet.stop();
});

test('stream: shows what another server on the same database commits', async () => {
  const second = await startTestParley({}, database);
  const stream = await openEventStream(`${second.url}${path}`, token);
  await stream.until(({ lastId }) => lastId !== undefined);
  const id = await addEvent(database, await addConversation(database));
  await stream.until(({ ids }) => ids.includes(id));
  const stopping = performance.now();
  await second.stop();
  assert.ok(performance.now() - stopping < 3000);
  await stream.until(({ isEnded }) => isEnded);
});

test('stream: ends all readers at once when the server stops', async () => {
  const second = await startTestParley({}, database);
  const conversation = await addConversation(database);
  const readers = await Promise.all(
    Array.from({ length: 4 }, () => openEventStream(`${second.url}${path}`, token)),
  );
  const stuck = await openEventStream(`${second.url}${path}`, token);
  stuck.pause();
  for (let round = 0; round < 8; round += 1)
    await addEvent(database, conversation, 'x'.repeat(1_500_000));
  await readers[0]!.until(({ ids }) => ids.length === 8);
  const stopping = performance.now();
  await second.stop();
  assert.ok(performance.now() - stopping < 3000);
  for (const reader of readers) await reader.until(({ isEnded }) => isEnded);
  // A truncated block has no end, so no reader takes it for an event.
  assert.ok(readers.every(({ rest }) => rest === ''));
});

/** Bytes in buffers after garbage collection. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

/** Waits until the log shows an event: other tests of this run may delay it. */
async function settled(id: string): Promise<void> {
  for (;;) {
    const { body } = await parley.call('GET', '/parley/v1/events?limit=1000');
    const ids = body.data.map((event: { event_id: string }) => event.event_id);
    if (ids.includes(id)) return;
    assert.ok(ids.length < 1000);
  }
}

/** Reads the metrics of finished streams. */
async function streamSeconds(server: TestParley): Promise<{ sum: number; count: number }> {
  const text = String((await server.call('GET', '/metrics')).body);
  const [sum, count] = ['sum', 'count'].map((name) => {
    const line = `parley_http_request_seconds_${name}{route="/parley/v1/events/stream"} `;
    return Number(text.split(line)[1]?.split('\n')[0] ?? 0);
  });
  return { sum: sum!, count: count! };
}

async function addToken(name: string): Promise<{ id: number; token: string }> {
  const made = newAccessToken();
  const [row] = await database.sql<{ id: number }>(
    `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     select workspace_id, channel_id, admin_id, $1, decode($2, 'hex'), 'xxxx'
     from access_tokens where token_hash = decode($3, 'hex') returning id`,
    [name, sha256Hex(made), sha256Hex(token)],
  );
  return { id: row!.id, token: made };
}
