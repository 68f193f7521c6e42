// Delivery among many: idle channels, receivers that are dead from the start, channels without a callback, and other
// transactions that hold locks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { type ClaimOrder, claimLanes } from '../store/outbox/claim.ts';
import { settleLanes } from '../store/outbox/settle.ts';
import { released } from './deliver-lane.ts';
import type { LeasedLane } from './endpoint-health.ts';
import { Stage, startReceiver } from './stage.fixture.ts';

const database = await openTestDatabase();
const claimLimits = { lanesMax: 256, eventsMax: 16, bytesMax: 65_536 };

async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.open(database);
  try {
    await run(stage);
  } finally {
    await stage.stopDeliveries();
    await database.sql('update channel_callbacks set url = null');
  }
}

/** Wraps a pool to count statements by name. */
function counting(pool: Pool): { pool: Pool; counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const connect = async () => {
    const connection = await pool.connect();
    return new Proxy(connection, {
      get(target, name) {
        if (name === 'release') return target.release.bind(target);
        if (name !== 'query') return Reflect.get(target, name, target);
        return (statement: { name: string }) => {
          counts.set(statement.name, (counts.get(statement.name) ?? 0) + 1);
          return target.query(statement as never);
        };
      },
    });
  };
  const counted = new Proxy(pool, {
    get: (target, name) => (name === 'connect' ? connect : Reflect.get(target, name, target)),
  });
  return { pool: counted, counts };
}

test('delivery: a thousand idle channels cost no claims and delay none', async () => {
  await onStage(async (stage) => {
    const receiver = await startReceiver();
    const channelId = await stage.addChannel({ url: receiver.url });
    const id = await stage.addConversation(channelId, 1);
    const { pool, counts } = counting(stage.pool);
    const delivery = await stage.deliver({ pool });
    await until('begun', () => receiver.received.length === 1);
    // A few at a time: a slow machine must not run into the time limit for connections.
    for (let count = 0; count < 1_000; count += 10) {
      await Promise.all(Array.from({ length: 10 }, () => stage.addChannel({ url: receiver.url })));
    }
    await pause(1_500);
    counts.clear();
    const latencies: number[] = [];
    const startedAt = performance.now();
    for (let sequence = 2; sequence <= 21; sequence += 1) {
      await stage.addEvent(channelId, id, sequence);
      const wokenAt = performance.now();
      delivery.wake([{ workspaceId: stage.workspaceId, channelId }]);
      await until('arrived', () => receiver.received.length === sequence);
      latencies.push(receiver.received.at(-1)!.at - wokenAt);
      await until('settled', async () => (await stage.lane(id)).due === null);
      await pause(100);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const claims = counts.get('delivery_claim') ?? 0;
    // One for each event, perhaps one after it, and one after each poll.
    assert.ok(claims <= 2 * 20 + 2 * (seconds + 1), `${claims} claims in ${seconds} s`);
    const polls = counts.get('delivery_due_channels') ?? 0;
    assert.ok(polls <= 2 * (seconds + 1), `${polls} polls in ${seconds} s`);
    const median = latencies.toSorted((a, b) => a - b)[10]!;
    assert.ok(median < 100, `${median} ms`);
  });
});

test('delivery: one claim leases the lanes of many woken channels', async () => {
  await onStage(async (stage) => {
    const orders: ClaimOrder[] = [];
    for (let count = 0; count < 20; count += 1) {
      const channelId = await stage.addChannel({ url: 'http://127.0.0.1:9/' });
      await stage.addConversations(channelId, 20, 1);
      orders.push({ workspaceId: stage.workspaceId, channelId, lanesMax: 10, leaseMs: 60_000 });
    }
    const claim = () => claimLanes(stage.pool, orders, 'a', { ...claimLimits, lanesMax: 75 });
    const first = await claim();
    assert.deepEqual(
      [...Map.groupBy(first, ({ channelId }) => channelId).values()].map(({ length }) => length),
      [10, 10, 10, 10, 10, 10, 10, 5],
    );
    // Lanes beyond the limit are not leased.
    assert.equal((await claim()).length, 75);
  });
});

test('delivery: dead endpoints do not delay a healthy one from the start', async () => {
  await onStage(async (stage) => {
    const dead = await startReceiver();
    dead.respond = () => {};
    for (let count = 0; count < 10; count += 1) {
      const channelId = await stage.addChannel({ url: dead.url, timeoutMs: 30_000 });
      await stage.addConversations(channelId, 80, 1);
    }
    const well = await startReceiver();
    const channelId = await stage.addChannel({ url: well.url });
    await stage.addConversations(channelId, 500, 1);
    const startedAt = performance.now();
    await stage.deliver();
    await until('all arrived', () => well.received.length === 500, 15_000);
    assert.ok(performance.now() - startedAt < 15_000);
    // The last of these may still be on their way.
    await until('the dead endpoints have their share', () => dead.received.length >= 80);
    assert.equal(dead.received.length, 80);
    // Lanes in flight would end in half a minute: the connections are cut, and they fail.
    dead.respond = (_, response) => response.destroy();
  });
});

test('delivery: wakes of channels without a callback do not read callbacks each time', async () => {
  await onStage(async (stage) => {
    const { pool, counts } = counting(stage.pool);
    const delivery = await stage.deliver({ pool });
    for (let count = 0; count < 150; count += 1) {
      delivery.wake([{ workspaceId: stage.workspaceId, channelId: 900_000 + (count % 3) }]);
      await pause(10);
    }
    const reads = counts.get('delivery_callbacks')!;
    assert.ok(reads <= 5, `${reads} reads`);
  });
});

test('recording results: locks lanes in the order of their numbers', async () => {
  await onStage(async (stage) => {
    const channelId = await stage.addChannel({ url: 'http://127.0.0.1:9/' });
    await stage.addConversations(channelId, 1, 1);
    const [low, high] = [9_999_999, 10_000_000];
    await database.sql(
      `insert into delivery_lanes
         (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
       select $1, unnest($2::bigint[]), $3, 1, 1, now()`,
      [stage.workspaceId, [low, high], channelId],
    );
    const order = { workspaceId: stage.workspaceId, channelId, lanesMax: 9, leaseMs: 60_000 };
    const claimed = await claimLanes(stage.pool, [order], 'lease', claimLimits);
    const other = openPool(database.target, 'admin', { max: 1, onError: () => {} });
    const connection = await other.connect();
    const lock = (id: number) =>
      connection.query(
        `select from delivery_lanes where workspace_id = $1 and conversation_id = $2
         for update nowait`,
        [stage.workspaceId, id],
      );
    await connection.query('begin');
    await lock(low);
    const lanes = claimed.map((lane): LeasedLane => ({ ...lane, lease: 'lease', leaseEndsAt: 0 }));
    const settling = settleLanes(stage.pool, lanes.map(released));
    await until('it waits', () => waitsForLock('%delivery_lanes as l%'));
    await lock(high);
    await connection.query('commit');
    assert.equal((await settling)[0]!.settled, 3);
    connection.release();
    await other.end();
  });
});

test('recording results: a 410 during an apply locks the callback after the lane', async () => {
  await onStage(async (stage) => {
    const receiver = await startReceiver();
    receiver.respond = (_, response) => response.writeHead(410).end();
    const channelId = await stage.addChannel({ url: receiver.url });
    const id = await stage.addConversation(channelId, 1);
    const other = openPool(database.target, 'admin', { max: 1, onError: () => {} });
    const connection = await other.connect();
    await connection.query('begin');
    await connection.query('select from workspaces where id = $1 for update', [stage.workspaceId]);
    await stage.deliver();
    await until('it waits', () => waitsForLock('%channel_callbacks%'));
    await until('settled', async () => (await stage.attempts(id)).length > 0);
    await connection.query(
      'select from channel_callbacks where workspace_id = $1 and channel_id = $2 for update nowait',
      [stage.workspaceId, channelId],
    );
    await connection.query('commit');
    connection.release();
    await until('disabled', async () => {
      const rows = await database.sql(
        'select from channel_callbacks where channel_id = $1 and disabled_at is not null',
        [channelId],
      );
      return rows.length === 1;
    });
    await other.end();
  });
});

async function waitsForLock(query: string): Promise<boolean> {
  const rows = await database.sql(
    `select from pg_stat_activity where wait_event_type = 'Lock' and query like $1
       and datname = current_database()`,
    [query],
  );
  return rows.length > 0;
}
