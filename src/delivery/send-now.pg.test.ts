// Sending waiting events now, while servers deliver: everything due at once, each conversation in its order, nothing
// twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { sendNow } from '../store/outbox/due-now.ts';
import { Stage, sequencesOf, startReceiver } from './stage.fixture.ts';

const database = await openTestDatabase();
const stage = await Stage.open(database);
const hour = 3_600_000;

async function outage(conversations: number, events: number) {
  const receiver = await startReceiver();
  const channelId = await stage.addChannel({ url: receiver.url, retryDelaysMs: [hour, 2 * hour] });
  const ids = await stage.addConversations(channelId, conversations, events);
  // An outage leaves lanes like this: tried once or twice, and due in hours.
  await database.sql(
    `update delivery_lanes set attempt = 1 + conversation_id % 2, due_at = now() + interval '5 hours'
     where channel_id = $1`,
    [channelId],
  );
  const scope = { workspaceId: stage.workspaceId, channelId, conversationId: null };
  return { receiver, channelId, ids, scope };
}

const waiting = async (channelId: number): Promise<number> => {
  const rows = await database.sql<{ count: number }>(
    'select count(*)::int as count from delivery_lanes where channel_id = $1 and due_at is not null',
    [channelId],
  );
  return rows[0]!.count;
};

test('send now: thousands of waiting lanes are delivered in order', async () => {
  const { receiver, channelId, ids, scope } = await outage(3_500, 2);
  await stage.deliver();
  await stage.deliver();
  await until('the servers look', async () => true);
  assert.equal(receiver.received.length, 0);
  const count = await sendNow(stage.pool, scope);
  assert.deepEqual(count, { madeDue: 3_500, events: 7_000, inFlight: 0 });
  await until('all delivered', async () => (await waiting(channelId)) === 0, 60_000);
  assert.equal(receiver.received.length, 7_000);
  for (const id of ids.slice(0, 300)) assert.deepEqual(sequencesOf(receiver, id), [1, 2]);
  assert.deepEqual(receiver.overlaps, []);
});

test('send now: one conversation is sent, and the others still wait', async () => {
  const { receiver, channelId, ids, scope } = await outage(3, 2);
  const one = { ...scope, conversationId: ids[1]! };
  assert.deepEqual(await sendNow(stage.pool, one), { madeDue: 1, events: 2, inFlight: 0 });
  await until('delivered', () => receiver.received.length === 2);
  await until('settled', async () => (await waiting(channelId)) === 2);
  assert.deepEqual(sequencesOf(receiver, ids[1]!), [1, 2]);
  assert.deepEqual(await sendNow(stage.pool, one), { madeDue: 0, events: 0, inFlight: 0 });
});

test('send now: repeating it while the app fails dead-letters nothing', async () => {
  const { receiver, ids, scope } = await outage(1, 1);
  receiver.respond = (_, response) => response.writeHead(503).end();
  for (let round = 1; round <= 8; round += 1) {
    assert.equal((await sendNow(stage.pool, scope)).madeDue, 1, `round ${round}`);
    await until('tried', async () => {
      const { attempt, lease, due } = await stage.lane(ids[0]!);
      return receiver.received.length >= round && lease === null && attempt > 1 && due !== null;
    });
  }
  assert.deepEqual(await stage.deadLetters(ids[0]!), []);
});

test('send now: locked and leased lanes are left alone', async () => {
  const { ids, scope } = await outage(4, 1);
  await database.sql(
    `update delivery_lanes set lease = 'of another', due_at = now() + interval '1 minute'
     where conversation_id = $1`,
    [ids[0]],
  );
  const connection = await stage.pool.connect();
  await connection.query('begin');
  await connection.query('select from delivery_lanes where conversation_id = $1 for update', [
    ids[1],
  ]);
  const counting = sendNow(stage.pool, scope);
  setTimeout(() => void connection.query('commit').then(() => connection.release()), 100);
  assert.deepEqual(await counting, { madeDue: 3, events: 3, inFlight: 1 });
  assert.equal((await stage.lane(ids[0]!)).lease, 'of another');
});
