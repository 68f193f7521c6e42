// Delivery with faults around it: a dead server, a dead receiver, an unreachable database, an address that must not be
// reached.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { breakConnections, openPool, type Pool } from '../database/pool.ts';
import { claimLanes, releaseAllLeases } from '../store/outbox/claim.ts';
import { settleLanes } from '../store/outbox/settle.ts';
import type { DeliveryWorker } from './delivery-worker.ts';
import { type Receiver, Stage, sequencesOf, startReceiver } from './stage.fixture.ts';

const database = await openTestDatabase();

/** Runs on a separate stage and stops its servers at the end, so that they do not deliver for another test. */
async function onStage(
  run: (stage: Stage, deliver: Stage['deliver']) => Promise<void>,
): Promise<void> {
  const stage = await Stage.open(database);
  const deliveries: DeliveryWorker[] = [];
  try {
    await run(stage, async (options) => {
      const delivery = await stage.deliver(options);
      deliveries.push(delivery);
      return delivery;
    });
  } finally {
    await Promise.all(deliveries.map((delivery) => delivery.stop()));
    await database.sql('update channel_callbacks set url = null');
  }
}

const isIdle = async (stage: Stage, id: number) => (await stage.lane(id)).due === null;
const orderFor = (stage: Stage, channelId: number, leaseMs: number) => [
  { workspaceId: stage.workspaceId, channelId, lanesMax: 10, leaseMs },
];
const limits = { lanesMax: 256, eventsMax: 16, bytesMax: 65_536 };

test('lease: a lane of a dead server is leased again when its lease ends', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const channelId = await stage.addChannel({ url: receiver.url });
    const id = await stage.addConversation(channelId, 2);
    const startedAt = performance.now();
    const dead = await claimLanes(stage.pool, orderFor(stage, channelId, 1_500), 'dead', limits);
    assert.equal(dead.length, 1);
    await deliver();
    await until('delivered', () => isIdle(stage, id));
    assert.ok(receiver.received[0]!.at - startedAt >= 1_450);
    assert.deepEqual(sequencesOf(receiver, id), [1, 2]);
    // The dead server comes back and records an outdated result.
    const { attempt, gapFrom, conversationId, workspaceId } = dead[0]!;
    const settled = await settleLanes(stage.pool, [
      {
        workspaceId,
        conversationId,
        channelId,
        lease: 'dead',
        nextSequence: 2,
        attempt,
        gapFrom,
        delayMs: null,
        attempts: [
          { sequence: 1, at: 0, status: 200, outcome: 'delivered', latencyMs: 1, detail: '' },
        ],
        deadLetter: { sequence: 1, reason: 'late' },
        resend: null,
        disabled: { url: receiver.url, reason: 'late' },
      },
    ]);
    assert.deepEqual(settled, []);
    assert.equal((await stage.lane(id)).next, 3);
    assert.deepEqual(await stage.attempts(id), ['1 delivered 200', '2 delivered 200']);
    assert.deepEqual(await stage.deadLetters(id), []);
  });
});

test('lease: the only server releases all leases when it starts', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const channelId = await stage.addChannel({ url: receiver.url });
    const id = await stage.addConversation(channelId, 1);
    await claimLanes(stage.pool, orderFor(stage, channelId, 3_600_000), 'dead', limits);
    await releaseAllLeases(stage.pool);
    await deliver();
    await until('delivered', () => isIdle(stage, id));
    assert.deepEqual(sequencesOf(receiver, id), [1]);
  });
});

test('lease: a claim gives as many events of a lane as fit', async () => {
  await onStage(async (stage) => {
    const channelId = await stage.addChannel({ url: 'http://127.0.0.1:9/' });
    await stage.addConversation(channelId, 5);
    const orders = orderFor(stage, channelId, 0);
    const sequences = async (eventsMax: number, bytesMax: number) => {
      const [lane] = await claimLanes(stage.pool, orders, 'a', { ...limits, eventsMax, bytesMax });
      return lane!.events.map(({ sequence }) => sequence);
    };
    assert.deepEqual(await sequences(2, 65_536), [1, 2]);
    assert.deepEqual(await sequences(16, 1), [1]);
    assert.deepEqual(await sequences(16, 65_536), [1, 2, 3, 4, 5]);
  });
});

test('lease: a lane waits for an event that is not visible yet', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const channelId = await stage.addChannel({ url: receiver.url });
    const id = await stage.addConversation(channelId, 1);
    const body = await database.sql<{ body: string }>(
      'delete from outbound_events where workspace_id = $1 and conversation_id = $2 returning body',
      [stage.workspaceId, id],
    );
    await deliver();
    await until('looked at', async () => (await stage.lane(id)).due! > Date.now());
    assert.equal((await stage.lane(id)).next, 1);
    await database.sql(
      `insert into outbound_events values ($1, $2, 1, $3, 'new_message', $4, 1, now())`,
      [stage.workspaceId, id, channelId, body[0]!.body],
    );
    await until('delivered', () => isIdle(stage, id));
    assert.deepEqual(sequencesOf(receiver, id), [1]);
    assert.equal(receiver.received[0]!.body.gap, undefined);
  });
});

test('servers: two servers deliver every event once and in order', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const channelId = await stage.addChannel({ url: receiver.url });
    const servers = await Promise.all([deliver(), deliver()]);
    const ids = await stage.addConversations(channelId, 200, 3);
    for (let sequence = 4; sequence <= 6; sequence += 1) {
      for (const server of servers) server.wake([{ workspaceId: stage.workspaceId, channelId }]);
      for (let first = 0; first < ids.length; first += 20) {
        const some = ids.slice(first, first + 20);
        await Promise.all(some.map((id) => stage.addEvent(channelId, id, sequence)));
      }
    }
    await until('all arrived', () => receiver.received.length >= 1_200);
    for (const id of ids) assert.deepEqual(sequencesOf(receiver, id), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(receiver.overlaps, []);
    await until('settled', async () => {
      const [row] = await database.sql<{ due: number }>(
        'select count(due_at)::int as due from delivery_lanes where workspace_id = $1',
        [stage.workspaceId],
      );
      return row!.due === 0;
    });
  });
});

test('fairness: endpoints that never respond do not slow the others', async () => {
  await onStage(async (stage, deliver) => {
    const dead: Receiver[] = [];
    for (let count = 0; count < 10; count += 1) {
      const receiver = await startReceiver();
      receiver.respond = () => {};
      dead.push(receiver);
      const channelId = await stage.addChannel({ url: receiver.url, timeoutMs: 1_000 });
      await stage.addConversations(channelId, 200, 1);
    }
    const well = await startReceiver();
    const channelId = await stage.addChannel({ url: well.url });
    await deliver();
    await until('the dead are tried', () => dead.every(({ received }) => received.length > 0));
    await pause(1_500);
    const before = dead.map(({ received }) => received.length);
    const startedAt = performance.now();
    await stage.addConversations(channelId, 500, 2);
    await until('all arrived', () => well.received.length === 1_000);
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(seconds < 10, `${seconds} s`);
    // Silent endpoints are only probed: two at a time, a second each.
    for (const [index, { received }] of dead.entries()) {
      assert.ok(received.length - before[index]! <= 2 * (seconds + 2), `${received.length}`);
    }
  });
});

test('fairness: an endpoint that recovers gets all its events', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    receiver.respond = (_, response) => response.writeHead(503).end();
    const retryDelaysMs = Array<number>(50).fill(100);
    const channelId = await stage.addChannel({ url: receiver.url, retryDelaysMs });
    const ids = await stage.addConversations(channelId, 200, 2);
    await deliver();
    await until('tried', () => receiver.received.length > 20);
    receiver.respond = (_, response) => response.end();
    await until('all settled', async () => {
      for (const id of ids) if (!(await isIdle(stage, id))) return false;
      return true;
    });
    const delivered = (await stage.attempts(ids[7]!)).filter((text) => text.includes('delivered'));
    assert.deepEqual(delivered, ['1 delivered 200', '2 delivered 200']);
  });
});

test('guard: a name with an inner address is called only if it is allow-listed', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const url = receiver.url.replace('127.0.0.1', 'app.example');
    const channelId = await stage.addChannel({ url, retryDelaysMs: [200], allowedCidrs: [] });
    const open = await stage.addChannel({ url, allowedCidrs: ['127.0.0.0/8'] });
    const blocked = await stage.addConversation(channelId, 1);
    const allowed = await stage.addConversation(open, 1);
    await deliver({ lookUp: async () => [{ address: '127.0.0.1', family: 4 }] });
    await until('settled', () => isIdle(stage, blocked));
    await until('settled', () => isIdle(stage, allowed));
    assert.deepEqual(sequencesOf(receiver, blocked), []);
    assert.deepEqual(sequencesOf(receiver, allowed), [1]);
    const [letter] = await stage.deadLetters(blocked);
    assert.match(letter!, /address_refused: app\.example: 127\.0\.0\.1 is loopback/);
  });
});

test('secrets: a channel whose secrets do not open delays no other', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const broken = await stage.addChannel({ url: receiver.url });
    const channelId = await stage.addChannel({ url: receiver.url });
    await database.sql(
      `update channel_callbacks set secret_sealed = '\\x00' where channel_id = $1`,
      [broken],
    );
    const waiting = await stage.addConversation(broken, 1);
    const id = await stage.addConversation(channelId, 1);
    await deliver();
    await until('settled', () => isIdle(stage, id));
    assert.equal((await stage.lane(waiting)).next, 1);
    assert.equal(receiver.received.length, 1);
  });
});

test('database: deliveries go on in order after an outage, and none is lost', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    receiver.respond = (_, response) => setTimeout(() => response.end(), 5);
    const channelId = await stage.addChannel({ url: receiver.url, timeoutMs: 1_000 });
    const ids = await stage.addConversations(channelId, 100, 5);
    const real = openPool(database.target, 'delivery', { max: 3, onError: () => {} });
    let isAway = false;
    const pool = new Proxy(real, {
      get: (target, name) =>
        name === 'connect' && isAway
          ? () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
          : Reflect.get(target, name, target),
    }) as Pool;
    await deliver({ pool });
    await until('begun', () => receiver.received.length > 50);
    isAway = true;
    breakConnections(real);
    await pause(1_000);
    isAway = false;
    await until('all settled', async () => {
      for (const id of ids) if (!(await isIdle(stage, id))) return false;
      return true;
    });
    for (const id of ids) {
      const arrived = sequencesOf(receiver, id);
      assert.deepEqual([...new Set(arrived)], [1, 2, 3, 4, 5]);
    }
    await real.end();
  });
});

test('stop: lanes in flight end, and the others are released at once', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    receiver.respond = (_, response) => setTimeout(() => response.end(), 300);
    const channelId = await stage.addChannel({ url: receiver.url });
    const ids = await stage.addConversations(channelId, 100, 2);
    const first = await deliver();
    await until('begun', () => receiver.received.length >= 60);
    await first.stop();
    const [row] = await database.sql<{ leased: number }>(
      'select count(lease)::int as leased from delivery_lanes where workspace_id = $1',
      [stage.workspaceId],
    );
    assert.equal(row!.leased, 0);
    receiver.respond = (_, response) => response.end();
    await deliver();
    await until('all settled', async () => {
      for (const id of ids) if (!(await isIdle(stage, id))) return false;
      return true;
    });
    for (const id of ids) assert.deepEqual(sequencesOf(receiver, id), [1, 2]);
  });
});

test('wake: an idle server delivers an event without waiting for a poll', async () => {
  await onStage(async (stage, deliver) => {
    const receiver = await startReceiver();
    const channelId = await stage.addChannel({ url: receiver.url });
    const delivery = await deliver();
    const id = await stage.addConversation(channelId, 1);
    await until('settled', () => isIdle(stage, id));
    const latencies: number[] = [];
    for (let sequence = 2; sequence <= 30; sequence += 1) {
      await stage.addEvent(channelId, id, sequence);
      const startedAt = performance.now();
      delivery.wake([{ workspaceId: stage.workspaceId, channelId }]);
      await until('arrived', () => receiver.received.length === sequence);
      latencies.push(receiver.received.at(-1)!.at - startedAt);
      await until('settled', () => isIdle(stage, id));
    }
    const median = latencies.toSorted((a, b) => a - b)[14]!;
    assert.ok(median < 100, `${median} ms`);
  });
});
