// The hub of event streams: which listener receives which event, how soon, and what happens to listeners that lag and
// while the database is unavailable.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import {
  addConversation,
  addEvent,
  connectAsEngine,
  type LoggedConversation,
} from '../../../test/e2e/event-log-rows.ts';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { breakConnections, openPool } from '../../database/pool.ts';
import { beginningOfLog, idOfRow } from '../../store/outbox/event-log.ts';
import { prepareDefaults } from '../../store/tenancy/first-start.ts';
import { type EventBatch, EventStreamHub, type Listener } from './event-stream-hub.ts';
import type { EphemeralEvent } from './event-stream-text.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 4, onError: () => {} });
const adminPool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
await prepareDefaults(adminPool);
const channel = { workspaceId: 1, channelId: 1 };
const hub = new EventStreamHub(pool, pino({ level: 'silent' }));
afterAll(async () => {
  hub.close();
  await Promise.all([pool.end(), adminPool.end()]);
});

type TestListener = Listener & { readonly ids: string[]; readonly ephemeral: string[] };

/** Creates a listener at the end of the log. */
async function listen(conversationId: number | null = null): Promise<TestListener> {
  const listener: TestListener = {
    scope: { ...channel, conversationId },
    place: beginningOfLog,
    ids: [],
    ephemeral: [],
    onBatch: ({ rows }: EventBatch) => void listener.ids.push(...rows.map(idOfRow)),
    onEphemeral: ({ name }: EphemeralEvent) => void listener.ephemeral.push(name),
  };
  do listener.place = (await hub.read(listener.scope, listener.place)).end;
  while (!hub.join(listener));
  afterAll(async () => hub.leave(listener));
  return listener;
}

async function received(listener: TestListener, ids: readonly string[]): Promise<void> {
  const start = performance.now();
  while (listener.ids.length < ids.length && performance.now() - start < 10_000) await pause(2);
  assert.deepEqual(listener.ids, ids);
}

test('hub: typing events reach only listeners of the channel or conversation', async () => {
  const [all, one, other] = [await listen(), await listen(7), await listen(8)];
  hub.sendEphemeral(channel, { conversationId: 7, name: 'typing_started', body: '{}' });
  hub.sendEphemeral({ workspaceId: 1, channelId: 2 }, { conversationId: 7, name: 'x', body: '{}' });
  hub.sendEphemeral({ workspaceId: 2, channelId: 1 }, { conversationId: 7, name: 'x', body: '{}' });
  assert.deepEqual(
    [all.ephemeral, one.ephemeral, other.ephemeral],
    [['typing_started'], ['typing_started'], []],
  );
  for (const listener of [all, one, other]) hub.leave(listener);
});

test('hub: a commit wakes it at once, even while another transaction ends', async () => {
  const listener = await listen();
  const conversation = await addConversation(database);
  const ids: string[] = [];
  const waits: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const other = await connectAsEngine(database);
    await other.query('begin');
    await other.query('select pg_current_xact_id()');
    ids.push(await addEvent(database, conversation));
    hub.wake([channel]);
    setTimeout(() => void other.end(), 15);
    const start = performance.now();
    await received(listener, ids);
    waits.push(performance.now() - start);
  }
  // Polling alone would take up to half a second for each event.
  assert.ok(waits.toSorted((a, b) => a - b)[4]! < 250, waits.join());
  hub.leave(listener);
});

test('hub: a listener that lags catches up by itself and gets nothing twice', async () => {
  const first = await listen();
  const conversation: LoggedConversation = await addConversation(database);
  const ids = [await addEvent(database, conversation), await addEvent(database, conversation)];
  hub.wake([channel]);
  await received(first, ids);
  const behind: TestListener = { ...first, place: beginningOfLog, ids: [], ephemeral: [] };
  assert.equal(hub.join(behind), false);
  const second = await listen(conversation.conversationId);
  const next = await addEvent(database, conversation);
  hub.wake([channel]);
  await received(first, [...ids, next]);
  await received(second, [next]);
  for (const listener of [first, second]) hub.leave(listener);
});

test('hub: listeners miss nothing when the database is unavailable for a while', async () => {
  const listener = await listen();
  const conversation = await addConversation(database);
  const ids = [await addEvent(database, conversation)];
  hub.wake([channel]);
  await received(listener, ids);
  for (let round = 0; round < 3; round += 1) {
    ids.push(await addEvent(database, conversation));
    hub.wake([channel]);
    breakConnections(pool);
    await received(listener, ids);
  }
  hub.leave(listener);
});

test('hub: reads nothing without listeners', async () => {
  const listener = await listen();
  hub.leave(listener);
  await pause(100);
  const reads = () =>
    database.sql<{ count: number }>(
      `select count(*) from pg_stat_activity
       where application_name = 'parley read' and query_start > now() - interval '700 ms'
         and datname = current_database()`,
    );
  await pause(800);
  assert.equal((await reads())[0]!.count, 0);
});
