import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { addWorkspace } from '../../test/support/server.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import type { Channel } from '../core/model/model.ts';
import { openPool } from '../database/pool.ts';
import { Engine } from './engine.ts';
import type { SignalResult } from './signal.ts';
import { WorkspaceSetups } from './workspace-setups.ts';

const database = await openTestDatabase();
const owner = await addWorkspace(database, 'engine');
const channel: Channel = {
  workspaceId: owner.workspaceId,
  id: owner.channelId,
  name: 'default',
  isEnabled: true,
  autoCreateConversation: true,
  requireUserIdentity: true,
  unknownAttribute: 'record',
  strictVersion: false,
  hasButtons: true,
  timeZone: null,
  allowedOrigins: [],
};

/** Opens an engine on the test's database, and records its metrics. */
function openEngine({ groupsInFlightMax = 1, groupSignalsMax = 128 } = {}) {
  const groups: number[] = [];
  const failures: string[] = [];
  const pool = openPool(database.target, 'engine', { max: groupsInFlightMax, onError: () => {} });
  afterAll(() => pool.end());
  const clock = () => 1_795_000_000_000;
  const engine = new Engine({
    pool,
    clock,
    setups: new WorkspaceSetups(pool, clock),
    log: pino({ level: 'silent' }),
    metrics: {
      observeGroup: (signals) => groups.push(signals),
      countFailure: (kind) => failures.push(kind),
    },
    groupSignalsMax,
    groupsInFlightMax,
  });
  return { engine, groups, failures };
}

let counter = 0;
const message = (fields: Partial<ChannelEvent> & { conversation?: string; who?: string } = {}) => {
  counter += 1;
  const { conversation = `c${counter}`, who = `u${counter}`, ...rest } = fields;
  return {
    kind: 'new_message',
    eventId: `e${counter}`,
    externalConversationId: conversation,
    contact: { type: 'user', externalId: who, name: 'Name', email: 'name@example.com' },
    body: `message ${counter}`,
    ...rest,
  } as ChannelEvent;
};
const outcome = (result: SignalResult) => (result.ok ? 'ok' : result.error.status);

test('engine: signals that arrive together share one group and one commit', async () => {
  const { engine, groups } = openEngine();
  const results = await Promise.all(
    Array.from({ length: 50 }, () =>
      engine.submit({ kind: 'channel_event', channel, event: message() }),
    ),
  );
  assert.ok(results.every(({ ok }) => ok));
  assert.deepEqual(groups, [50]);
});

test('engine: signals that arrive during a group form the next one', async () => {
  const { engine, groups } = openEngine();
  const first = engine.submit({ kind: 'channel_event', channel, event: message() });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const later = Array.from({ length: 20 }, () =>
    engine.submit({ kind: 'channel_event', channel, event: message() }),
  );
  await Promise.all([first, ...later]);
  assert.deepEqual(groups, [1, 20]);
});

test('engine: a few signals beside a group that hangs go together after a moment', async () => {
  const { engine, groups } = openEngine({ groupsInFlightMax: 2 });
  const elsewhere = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  const other = await elsewhere.connect();
  // Another transaction is storing an event of the same id: the group waits until that ends.
  await other.query('begin');
  await other.query(
    `insert into channel_events (workspace_id, event_id, content_hash, conversation_id, contact_id,
       signal_number, received_at) values ($1, 'held', '', 1, '', 1, now())`,
    [owner.workspaceId],
  );
  const submit = (fields = {}) =>
    engine.submit({ kind: 'channel_event', channel, event: message(fields) });
  const large = Array.from({ length: 10 }, (_, n) => submit(n === 0 ? { eventId: 'held' } : {}));
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await turn();
  const few: Promise<SignalResult>[] = [];
  for (let n = 0; n < 4; n += 1) {
    few.push(submit());
    await turn();
  }
  await Promise.all(few);
  assert.deepEqual(groups, [4]);
  await other.query('rollback');
  await Promise.all(large);
  assert.deepEqual(groups, [4, 10]);
  other.release();
  await elsewhere.end();
});

test('engine: more signals than a group may hold form several groups', async () => {
  const { engine, groups } = openEngine({ groupSignalsMax: 16 });
  const results = await Promise.all(
    Array.from({ length: 40 }, () =>
      engine.submit({ kind: 'channel_event', channel, event: message() }),
    ),
  );
  assert.deepEqual(
    results.map(outcome),
    Array.from({ length: 40 }, () => 'ok'),
  );
  assert.deepEqual(groups, [16, 16, 8]);
});

test('engine: groups of one signal work the same', async () => {
  const { engine, groups } = openEngine({ groupSignalsMax: 1, groupsInFlightMax: 4 });
  const results = await Promise.all(
    Array.from({ length: 12 }, () =>
      engine.submit({
        kind: 'channel_event',
        channel,
        event: message({ conversation: 'one', who: 'same' }),
      }),
    ),
  );
  assert.ok(results.every(({ ok }) => ok));
  assert.deepEqual(
    groups,
    Array.from({ length: 12 }, () => 1),
  );
});

test('engine: messages of one conversation in a group are stored in order', async () => {
  const { engine } = openEngine();
  const bodies = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const results = await Promise.all(
    bodies.map((body) =>
      engine.submit({
        kind: 'channel_event',
        channel,
        event: message({ body, conversation: 'ordered', who: 'teller' } as never),
      }),
    ),
  );
  const first = results[0];
  assert.ok(first?.ok);
  const rows = await database.sql<{ body: string; position: number }>(
    'select body, position from conversation_parts where conversation_id = $1 order by position',
    [first.value.conversationId],
  );
  assert.deepEqual(
    rows.map(({ body }) => body),
    bodies,
  );
  assert.deepEqual(
    rows.map(({ position }) => position),
    bodies.map((_, i) => i + 1),
  );
});

test('engine: a signal that PostgreSQL rejects fails alone', async () => {
  const { engine, failures } = openEngine();
  const events = Array.from({ length: 20 }, () => message());
  // NUL cannot be stored. The contract removes it; here it represents any error of PostgreSQL.
  events[7] = message({ body: 'nul \u0000' } as never);
  const results = await Promise.all(
    events.map((event) => engine.submit({ kind: 'channel_event', channel, event })),
  );
  assert.deepEqual(
    results.map(outcome),
    events.map((_, i) => (i === 7 ? 500 : 'ok')),
  );
  assert.ok(failures.includes('rejected'));
  const stored = await database.sql('select 1 from channel_events where event_id = any($1)', [
    events.map(({ eventId }) => eventId),
  ]);
  assert.equal(stored.length, 19);
});

test('engine: a signal whose transition throws gets 500 and leaves no trace', async () => {
  const { engine } = openEngine();
  const bad = message();
  const buggy: Channel = {
    ...channel,
    get isEnabled(): boolean {
      throw new Error('stands for a bug in a transition');
    },
  };
  const results = await Promise.all([
    engine.submit({ kind: 'channel_event', channel, event: message() }),
    engine.submit({ kind: 'channel_event', channel: buggy, event: bad }),
    engine.submit({ kind: 'channel_event', channel, event: message() }),
  ]);
  assert.deepEqual(results.map(outcome), ['ok', 500, 'ok']);
  const rows = await database.sql('select 1 from contacts where external_id = $1', [
    bad.contact.externalId,
  ]);
  assert.equal(rows.length, 0);
});

test('engine: a rejected signal does not affect others of its conversation', async () => {
  const { engine } = openEngine();
  const about = { conversation: 'mixed', who: 'owner' };
  const results = await Promise.all([
    engine.submit({ kind: 'channel_event', channel, event: message(about) }),
    engine.submit({
      kind: 'channel_event',
      channel,
      event: message({ ...about, who: 'intruder' }),
    }),
    engine.submit({ kind: 'channel_event', channel, event: message(about) }),
  ]);
  assert.deepEqual(results.map(outcome), ['ok', 422, 'ok']);
  const intruders = await database.sql(`select 1 from contacts where external_id = 'intruder'`);
  assert.equal(intruders.length, 0);
});

test('engine: two servers that create the same rows lose and duplicate nothing', async () => {
  const engines = [openEngine({ groupsInFlightMax: 2 }), openEngine({ groupsInFlightMax: 2 })];
  const hadConflict = () => engines.some(({ failures }) => failures.includes('conflict'));
  let sent = 0;
  // Until a write conflict really occurs, which takes a round or two.
  for (let round = 0; round < 100 && (round < 3 || !hadConflict()); round += 1) {
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        engines[i % 2]!.engine.submit({
          kind: 'channel_event',
          channel,
          event: message({ conversation: 'raced', who: 'racer' }),
        }),
      ),
    );
    assert.ok(results.every(({ ok }) => ok));
    sent += results.length;
  }
  assert.ok(hadConflict());
  const [row] = await database.sql<{ parts: number; last: number; count: number }>(
    `select count(*) as parts, max(position) as last, max(c.part_count) as count
     from conversation_parts p join conversations c on c.id = p.conversation_id
     where c.external_id = 'raced'`,
  );
  assert.deepEqual(row, { parts: sent, last: sent, count: sent });
});

test('engine: a group that hangs does not delay one with other keys', async () => {
  const { engine } = openEngine({ groupsInFlightMax: 2 });
  const held = message();
  const rival = await holdEventId(held.eventId);
  let hasResult = false;
  const first = engine.submit({ kind: 'channel_event', channel, event: held }).then((result) => {
    hasResult = true;
    return result;
  });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const second = await engine.submit({ kind: 'channel_event', channel, event: message() });
  assert.equal(outcome(second), 'ok');
  assert.equal(hasResult, false);
  await rival.letGo();
  assert.equal(outcome(await first), 'ok');
});

test('engine: two servers with contacts in opposite orders do not deadlock', async () => {
  const engines = [openEngine(), openEngine()];
  for (let round = 0; round < 15; round += 1) {
    const names = Array.from({ length: 8 }, (_, i) => `crossed_${round}_${i}`);
    const send = (index: number, order: readonly string[]) =>
      order.map((who) =>
        engines[index]!.engine.submit({
          kind: 'channel_event',
          channel,
          event: message({ who, conversation: who }),
        }),
      );
    const results = await Promise.all([...send(0, names), ...send(1, names.toReversed())]);
    assert.ok(results.every(({ ok }) => ok));
  }
  const [row] = await database.sql<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  assert.equal(row?.deadlocks, 0);
});

/** Writes this event id in another transaction, which stays open. */
async function holdEventId(eventId: string) {
  const pool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  const connection = await pool.connect();
  await connection.query('begin');
  await connection.query(`insert into channel_events values ($1, $2, '\\x00', 1, 'x', 1, now())`, [
    owner.workspaceId,
    eventId,
  ]);
  return {
    async letGo() {
      await connection.query('rollback');
      connection.release();
    },
  };
}

test('engine: a signal sent to two servers has one effect and equal results', async () => {
  const engines = [openEngine(), openEngine()];
  for (let round = 0; round < 20; round += 1) {
    const event = message();
    const [a, b] = await Promise.all(
      engines.map(({ engine }) => engine.submit({ kind: 'channel_event', channel, event })),
    );
    assert.ok(a?.ok && b?.ok);
    assert.equal(a.value.conversationId, b.value.conversationId);
    assert.notEqual(a.value.isReplay, b.value.isReplay);
  }
});

/** Adds the row of a request with an idempotency key. */
async function addKey(): Promise<number> {
  const [row] = await database.sql<{ id: number }>(
    `insert into idempotency_keys (workspace_id, principal, key, request_hash)
     values ($1, 'channel 1 admin 1', gen_random_uuid(), '\\x00') returning id`,
    [owner.workspaceId],
  );
  return row!.id;
}

test('engine: a signal with an effect key has one effect, also on two servers', async () => {
  const engines = [openEngine(), openEngine()];
  const event = message();
  const begun = await engines[0]!.engine.submit({ kind: 'channel_event', channel, event });
  assert.ok(begun.ok);
  const { conversationId } = begun.value;
  const [admin] = await database.sql<{ id: number }>(
    'select id from admins where workspace_id = $1',
    [owner.workspaceId],
  );
  const submit = (engine: Engine, keyId: number, body: string) =>
    engine.submit({
      kind: 'conversation',
      workspaceId: owner.workspaceId,
      channelId: channel.id,
      externalId: event.externalConversationId,
      signal: {
        kind: 'teammate',
        conversationId,
        adminId: admin!.id,
        action: { do: 'note', body },
      },
      effectKey: { keyId, step: 'signal 1' },
    });
  for (let round = 0; round < 10; round += 1) {
    const keyId = await addKey();
    const results = await Promise.all(
      [0, 1, 0, 1].map((server) => submit(engines[server]!.engine, keyId, `note ${round}`)),
    );
    const receipts = results.map((result) => (result.ok ? result.value : null));
    assert.equal(receipts.filter((receipt) => receipt?.isReplay === false).length, 1);
    assert.ok(receipts.every((receipt) => receipt?.conversationId === conversationId));
  }
  const notes = await database.sql(
    `select from conversation_parts where conversation_id = $1 and part_type = 'note'`,
    [conversationId],
  );
  assert.equal(notes.length, 10);
});

test('engine: a rejected signal leaves its effect key unused', async () => {
  const { engine } = openEngine();
  const keyId = await addKey();
  const submit = (contactId: string) =>
    engine.submit({
      kind: 'contact',
      workspaceId: owner.workspaceId,
      contactId,
      signal: {
        kind: 'contact_tags',
        tags: { add: [1], remove: [] },
        actor: { type: 'admin', id: '1' },
      },
      effectKey: { keyId, step: 'signal 1' },
    });
  assert.equal(outcome(await submit('0'.repeat(24))), 404);
  const created = await engine.submit({ kind: 'channel_event', channel, event: message() });
  assert.ok(created.ok);
  const { contactId } = created.value;
  const [first, second] = [await submit(contactId), await submit(contactId)];
  assert.deepEqual(first, { ok: true, value: { conversationId: 0, contactId, isReplay: false } });
  assert.deepEqual(second, { ok: true, value: { conversationId: 0, contactId, isReplay: true } });
});

test('engine: effect ids are made from the signal number', async () => {
  const { engine } = openEngine();
  const event = message();
  const result = await engine.submit({ kind: 'channel_event', channel, event });
  assert.ok(result.ok);
  const [row] = await database.sql<{ number: number; part: number; conversation: number }>(
    `select e.signal_number as number, p.id as part, p.conversation_id as conversation
     from channel_events e join conversation_parts p on p.created_by_signal = e.signal_number
     where e.event_id = $1`,
    [event.eventId],
  );
  assert.equal(row?.conversation, row!.number * 256 + 1);
  assert.equal(row?.part, row!.number * 256 + 2);
});

test('engine: drain resolves when every submitted signal has a result', async () => {
  const { engine } = openEngine({ groupSignalsMax: 4 });
  let results = 0;
  for (let i = 0; i < 30; i += 1) {
    void engine.submit({ kind: 'channel_event', channel, event: message() }).then(() => {
      results += 1;
    });
  }
  await engine.drain();
  await Promise.resolve();
  assert.equal(results, 30);
  await engine.drain();
});
