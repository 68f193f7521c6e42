// Polling for events: pages, cursors, waiting, and isolation from other tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { type ApiResponse, addWorkspace, request, startTestParley } from '../support/server.ts';
import { until } from '../support/until.ts';
import { addConversation, addEvent, connectAsEngine } from './event-log-rows.ts';

const parley = await startTestParley();
const { database } = parley;
const list = (query = ''): Promise<ApiResponse> => parley.call('GET', `/parley/v1/events${query}`);
const idsOf = ({ body }: ApiResponse): string[] =>
  body.data.map((event: { event_id: string }) => event.event_id);

/** Reads from a cursor until so many events have come. */
async function readOn(after: string, count: number, query = ''): Promise<string[]> {
  const seen: string[] = [];
  for (let next = after; seen.length < count; ) {
    const response = await list(`?after=${next}${query}`);
    assert.equal(response.status, 200);
    const ids = idsOf(response);
    assert.equal(response.body.next, ids.at(-1) ?? next);
    seen.push(...ids);
    next = response.body.next;
  }
  return seen;
}

/** Reads the cursor after all present events. */
async function endOfLog(): Promise<string> {
  for (let next = '0'; ; ) {
    const { body } = await list(`?after=${next}&limit=1000`);
    next = body.next;
    if (!body.has_more) return next;
  }
}

test('polling: returns an empty list whose next is the given cursor without events', async () => {
  const empty = await list();
  assert.deepEqual(empty.body, { type: 'list', data: [], has_more: false, next: '0' });
  assert.match(empty.headers.get('content-type')!, /^application\/json/);
});

test('polling: returns each event once, page by page, while events are written', async () => {
  const conversations = [await addConversation(database), await addConversation(database)];
  const written: string[] = [];
  const writing = (async () => {
    for (let round = 0; round < 60; round += 1) {
      written.push(await addEvent(database, conversations[round % 2]!, `"${round}" \\ ü \u2028`));
    }
  })();
  const seen = await readOn('0', 60, '&limit=7');
  await writing;
  assert.deepEqual(seen, written);
  const all = await list('?limit=60');
  assert.equal(all.body.has_more, false);
  const rows = await database.sql<{ body: string }>(
    'select body from outbound_events order by position, conversation_id, sequence',
  );
  assert.deepEqual(
    all.body.data,
    rows.map(({ body }) => JSON.parse(body)),
  );
  const [conversation] = conversations;
  const ofOne = await list(`?conversation_id=${conversation!.conversationId}&limit=29`);
  assert.deepEqual(
    ofOne.body.data.map(({ sequence }: { sequence: number }) => sequence),
    Array.from({ length: 29 }, (_, index) => index + 1),
  );
  assert.equal(ofOne.body.has_more, true);
  const rest = await list(
    `?conversation_id=${conversation!.conversationId}&after=${ofOne.body.next}`,
  );
  assert.equal(rest.body.data.length, 1);
});

test('polling: returns at most 2 MiB or one event, and goes on', async () => {
  const start = await endOfLog();
  const conversation = await addConversation(database);
  const written: string[] = [];
  for (const size of [900_000, 900_000, 900_000, 3_000_000, 10]) {
    written.push(await addEvent(database, conversation, 'x'.repeat(size)));
  }
  assert.deepEqual(await readOn(start, 5), written);
  const first = await list(`?after=${start}`);
  assert.deepEqual(idsOf(first), written.slice(0, 2));
  assert.equal(first.body.has_more, true);
});

test('polling: wait ends when an event comes, or empty when none does', async () => {
  const start = await endOfLog();
  const conversation = await addConversation(database);
  const other = await addConversation(database);
  const waiting = list(`?after=${start}&wait=20`);
  const waitingForOther = list(`?conversation_id=${other.conversationId}&wait=20`);
  await pause(50);
  const id = await addEvent(database, conversation);
  assert.deepEqual(idsOf(await waiting), [id]);
  await pause(600);
  const otherId = await addEvent(database, other);
  assert.deepEqual(idsOf(await waitingForOther), [otherId]);
  assert.ok(idsOf(await list(`?after=${start}&wait=20`)).length > 0);
  const began = performance.now();
  const nothing = await list(`?after=${otherId}&wait=1`);
  assert.deepEqual(nothing.body, { type: 'list', data: [], has_more: false, next: otherId });
  assert.ok(performance.now() - began > 900);
});

test('polling with wait: is answered when the server stops or the token is revoked', async () => {
  const otherWorkspace = await addWorkspace(database, 'poll_revoked');
  const second = await startTestParley({}, database);
  const start = await endOfLog();
  const waiting = second.call('GET', `/parley/v1/events?after=${start}&wait=30`);
  const headers = { authorization: `Bearer ${otherWorkspace.token}` };
  const revoked = request(`${parley.url}/parley/v1/events?wait=4`, 'GET', undefined, headers);
  await until('both wait', async () => {
    const texts = await Promise.all([parley, second].map((one) => one.call('GET', '/metrics')));
    return texts.every(({ body }) => /^parley_event_streams 1$/m.test(String(body)));
  });
  await database.sql('update access_tokens set revoked_at = now() where workspace_id = $1', [
    otherWorkspace.workspaceId,
  ]);
  await second.stop();
  assert.deepEqual((await waiting).body.data, []);
  const { status, body } = await revoked;
  assert.equal(status, 401);
  assert.equal(body.errors[0].code, 'unauthorized');
});

test('polling: names the parameter when a cursor or conversation is unknown or odd', async () => {
  const otherWorkspace = await addWorkspace(database, 'poll_stranger');
  const theirs = await addConversation(database, otherWorkspace);
  const theirId = await addEvent(database, theirs);
  const errors: [string, number, string][] = [
    [`?after=${theirId}`, 400, 'after'],
    ['?after=evt_1', 400, 'after'],
    ['?limit=0', 400, 'limit'],
    ['?limit=1001', 400, 'limit'],
    ['?limit=ten', 400, 'limit'],
    ['?wait=31', 400, 'wait'],
    ['?limit=1&limit=2', 400, 'limit'],
    [`?conversation_id=${theirs.conversationId}`, 404, 'conversation_id'],
    ['?conversation_id=0', 400, 'conversation_id'],
  ];
  for (const [query, status, field] of errors) {
    const response = await list(query);
    assert.equal(response.status, status, query);
    assert.equal(response.body.errors[0].field, field, query);
  }
  const headers = { authorization: `Bearer ${otherWorkspace.token}` };
  const own = await request(`${parley.url}/parley/v1/events?wait=20`, 'GET', undefined, headers);
  assert.deepEqual(idsOf(own), [theirId]);
  assert.ok(!(await readOn('0', 1, '&limit=1000')).includes(theirId));
});

/** Long enough for a call to start, which is not visible from outside; longer does no harm. */
const callStartMs = 1_000;

/** Makes a cursor from an event that came by callback while an earlier transaction is still open. */
async function nameUnsettled(query: string): Promise<void> {
  const conversation = await addConversation(database);
  const start = await addEvent(database, conversation);
  while ((await endOfLog()) !== start);
  const holder = await connectAsEngine(database);
  afterAll(() => holder.end());
  await holder.query('begin');
  const early = await addEvent(holder, await addConversation(database));
  const known = await addEvent(database, conversation);
  const first = await list(`?after=${known}`);
  assert.deepEqual(idsOf(first), []);
  assert.equal(first.body.next, start);
  const polling = list(`?after=${known}${query}`);
  // By then it has resolved its cursor: a call without wait is answered, one with it waits.
  if (query === '') await polling;
  else await pause(callStartMs);
  await holder.query('commit');
  const { body } = await polling;
  const seen = idsOf({ body } as ApiResponse);
  seen.push(...(await readOn(body.next, 2 - seen.length)));
  assert.deepEqual(seen, [early, known]);
}

test('polling: never misses an event committed later that comes before the cursor', async () => {
  await nameUnsettled('');
});

test('polling: never misses such an event while the call waits', async () => {
  await nameUnsettled('&wait=10');
});
