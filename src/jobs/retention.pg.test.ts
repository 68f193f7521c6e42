// Retention: what is older than its age goes, whole and only then, whatever clocks, servers and people do meanwhile.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { afterAll } from '../../test/support/after-all.ts';
import { applyForTest } from '../../test/support/apply.ts';
import { nextNumber, person, startTestParley } from '../../test/support/server.ts';
import { until } from '../../test/support/until.ts';
import { openPool } from '../database/pool.ts';
import { RemovalPace } from './removal-pace.ts';
import { Removals } from './removals.ts';
import { Retention } from './retention.ts';
import { keepLog } from './test-workspace.fixture.ts';

const { call, notify, database, stop } = await startTestParley();
const me = (await call('GET', '/me')).body.id as string;
const pool = openPool(database.target, 'admin', { max: 3, onError: () => {} });
afterAll(() => pool.end());

const { log, lines } = keepLog();
const metrics = { countRemoved() {} };
const startWorkers = () => {
  const shared = { pool, log, pace: new RemovalPace(), idlePauseMs: 30 };
  const workers = [new Retention({ ...shared, metrics }), new Removals(shared)];
  for (const worker of workers) {
    worker.start();
    afterAll(() => worker.stop());
  }
  return workers;
};

/** Begins a conversation with a reply in its log. */
async function begin({ isClosed = true, contact = person(`kept_${nextNumber()}`) } = {}) {
  const key = { 'Idempotency-Key': `retention-${nextNumber()}` };
  const { body } = await notify('new_conversation', { contact });
  const id = Number(body.conversation_id);
  const admin = { type: 'admin', admin_id: me };
  const reply = { ...admin, message_type: 'comment', body: 'Hello' };
  assert.equal((await call('POST', `/conversations/${id}/reply`, reply, key)).status, 200);
  if (isClosed) {
    await call('POST', `/conversations/${id}/parts`, { ...admin, message_type: 'close' });
  }
  await database.sql(
    `insert into delivery_attempts (workspace_id, conversation_id, sequence, attempted_at, channel_id, outcome,
       latency_ms, detail)
     select workspace_id, conversation_id, sequence, created_at, channel_id, 'delivered', 1, ''
     from outbound_events where conversation_id = $1`,
    [id],
  );
  return id;
}

/** The time columns of each table with rows of a conversation. */
const times: Readonly<Record<string, readonly string[]>> = {
  conversations: ['created_at', 'updated_at'],
  outbound_events: ['created_at'],
  delivery_attempts: ['attempted_at'],
  conversation_signals: ['received_at'],
  channel_events: ['received_at'],
};
type Table = keyof typeof times;

const idColumn = (table: string): string => (table === 'conversations' ? 'id' : 'conversation_id');

/** Makes rows of a conversation older, of all tables or of some. */
async function age(id: number, days: number, tables: readonly Table[] = Object.keys(times)) {
  for (const table of tables) {
    const sets = times[table]!.map((column) => `${column} = ${column} - $2 * interval '1 day'`);
    await database.sql(`update ${table} set ${sets.join()} where ${idColumn(table)} = $1`, [
      id,
      days,
    ]);
  }
}

const countOf = async (table: string, id: number): Promise<number> =>
  (await database.sql(`select from ${table} where ${idColumn(table)} = $1`, [id])).length;

async function assertGone(id: number): Promise<void> {
  const tables = [...Object.keys(times), 'conversation_parts', 'conversation_removals'];
  for (const table of tables) assert.equal(await countOf(table, id), 0, table);
}

const set = (retention: Readonly<Record<string, string>>) => applyForTest(database, { retention });

const passes = async (): Promise<number> =>
  (await database.sql('select from retention where finished_at is not null and as_of is null'))
    .length;

/** Applies ages, and runs servers until a pass and the removals it asked for have ended. */
async function runPass(retention: Readonly<Record<string, string>>, serverCount = 1) {
  await set({});
  await set(retention);
  const workers = Array.from({ length: serverCount }, startWorkers).flat();
  await until('the pass has ended', async () => (await passes()) === 1);
  await until(
    'conversations are removed',
    async () => (await database.sql('select from conversation_removals')).length === 0,
  );
  await Promise.all(workers.map((worker) => worker.stop()));
}

test('ages: are applied as a whole, with an entry in the audit log', async () => {
  const first = await set({ events: '90d', traces: '30d' });
  assert.deepEqual(
    first.changes.map(({ what, fields }) => [what, fields]),
    [
      [
        'workspace',
        [
          { field: 'retention.events', from: 'for ever', to: '90d' },
          { field: 'retention.traces', from: 'for ever', to: '30d' },
        ],
      ],
    ],
  );
  assert.deepEqual((await set({ traces: '30d', events: '90d' })).changes, []);
  await set({ events: '90d' });
  assert.deepEqual(
    await database.sql(
      `select action, state_before, state_after from audit_log where object_type = 'workspace'
       order by id desc limit 1`,
    ),
    [
      {
        action: 'workspace.updated',
        state_before: { 'retention.traces': '30d' },
        state_after: { 'retention.traces': 'for ever' },
      },
    ],
  );
  await set({});
  assert.deepEqual(await database.sql('select from retention'), []);
});

test('ages: those below their minimum are rejected', async () => {
  for (const [kind, text] of [
    ['events', '23h'],
    ['conversations', '6d'],
    ['event_ids', '6d'],
    ['idempotency_keys', '8d'],
    ['traces', '36501d'],
    ['messages', '90d'],
  ] as const) {
    await assert.rejects(set({ [kind]: text }), new RegExp(kind), `${kind}: ${text}`);
  }
});

test('a pass: removes what is older than its age, and nothing else', async () => {
  const [old, fresh] = [await begin({ isClosed: false }), await begin({ isClosed: false })];
  await age(old, 20);
  await age(fresh, 5);
  await database.sql(
    `update idempotency_keys set created_at = now() - interval '2 days' where id in (
       select key_id from idempotency_effects where conversation_id = $1)`,
    [old],
  );
  const counts = async (id: number) => {
    const tables = ['outbound_events', 'delivery_attempts', 'conversation_signals'];
    const more = ['channel_events', 'idempotency_effects', 'conversation_parts'];
    return Promise.all([...tables, ...more].map((table) => countOf(table, id)));
  };
  const before = await counts(fresh);
  assert.ok(
    before.every((count) => count > 0),
    String(before),
  );
  const parts = before.at(-1)!;
  await runPass({ attempts: '10d' });
  assert.deepEqual(await counts(old), before.with(1, 0));
  await runPass({ traces: '10d', event_ids: '10d' });
  assert.deepEqual(await counts(old), before.with(1, 0).with(2, 0).with(3, 0));
  await runPass({ events: '10d', idempotency_keys: '1d' });
  assert.deepEqual(await counts(old), [0, 0, 0, 0, 0, parts]);
  assert.deepEqual(await counts(fresh), before);
  assert.equal((await call('GET', `/conversations/${old}`)).status, 200);
});

test('a person: keeps the conversations that are not old', async () => {
  const contact = person('half_old');
  const [old, halfOld, open] = [
    await begin({ contact }),
    await begin({ contact }),
    await begin({ contact, isClosed: false }),
  ];
  for (const id of [old, open]) await age(id, 800);
  // Old, but for the last change.
  await age(halfOld, 800);
  await database.sql('update conversations set updated_at = now() where id = $1', [halfOld]);
  const parts = await countOf('conversation_parts', halfOld);
  await runPass({ conversations: '730d' });
  await assertGone(old);
  assert.equal(await countOf('conversation_parts', halfOld), parts);
  for (const id of [halfOld, open]) {
    assert.equal((await call('GET', `/conversations/${id}`)).status, 200);
  }
  const found = await call('GET', '/contacts/find_by_external_id/half_old');
  assert.equal(found.body.external_id, 'half_old');
});

test('a conversation: stays while a workflow waits in it', async () => {
  const waiting = await begin();
  await age(waiting, 300);
  const wake = (at: string) =>
    database.sql(`update conversations set wake_at = ${at} where id = $1`, [waiting]);
  await wake("now() + interval '100 days'");
  await runPass({ conversations: '90d' });
  assert.equal((await call('GET', `/conversations/${waiting}`)).status, 200);
  await wake('null');
  await runPass({ conversations: '90d' });
  await assertGone(waiting);
});

test('undelivered events: stay with their conversation until they are settled', async () => {
  const [waiting, dead] = [await begin(), await begin()];
  for (const id of [waiting, dead]) await age(id, 300);
  await database.sql(
    `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence)
     select workspace_id, id, channel_id, 1, event_count from conversations where id = $1`,
    [waiting],
  );
  await database.sql(
    `insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason)
     select workspace_id, conversation_id, sequence, channel_id, 'no' from outbound_events
     where conversation_id = $1`,
    [dead],
  );
  const all = { conversations: '90d', events: '90d', attempts: '90d' };
  await runPass(all);
  for (const id of [waiting, dead]) {
    assert.equal((await call('GET', `/conversations/${id}`)).status, 200);
    assert.ok((await countOf('outbound_events', id)) > 0);
    assert.ok((await countOf('delivery_attempts', id)) > 0);
  }
  await database.sql('update delivery_lanes set next_sequence = last_sequence + 1');
  await database.sql('update dead_letters set discarded_at = now()');
  await runPass(all);
  for (const id of [waiting, dead]) await assertGone(id);
});

test('files: go with the messages that have them', async () => {
  const id = await begin({ isClosed: false });
  const attachment = { content_type: 'text/plain', data: 'aGVsbG8=', name: 'note.txt' };
  const reply = { message_type: 'comment', type: 'admin', admin_id: me, body: 'See' };
  const sent = await call('POST', `/conversations/${id}/reply`, {
    ...reply,
    attachment_files: [attachment],
  });
  assert.equal(sent.status, 200, JSON.stringify(sent.body));
  const close = { message_type: 'close', type: 'admin', admin_id: me };
  await call('POST', `/conversations/${id}/parts`, close);
  assert.equal((await database.sql('select from files')).length, 1);
  await age(id, 300);
  await runPass({ conversations: '90d' });
  await assertGone(id);
  await until(
    'the file is removed',
    async () => (await database.sql('select from files')).length === 0,
    15_000,
  );
});

test('two servers: share the work', async () => {
  const ids = await Promise.all(Array.from({ length: 120 }, () => begin()));
  for (const id of ids) await age(id, 300);
  await runPass({ conversations: '90d', events: '80d', traces: '70d' }, 2);
  for (const id of ids) await assertGone(id);
  const [row] = await database.sql<{ removed: object }>('select removed from retention');
  assert.deepEqual(Object.keys(row!.removed).toSorted(), ['conversations', 'events', 'traces']);
});

test('a clock that jumps: is not trusted for a day', async () => {
  const id = await begin();
  await age(id, 300);
  await set({});
  await set({ conversations: '400d' });
  // As if the time had jumped by 200 days.
  await age(id, 200);
  await database.sql("update retention set looked_at = looked_at - interval '200 days'");
  const workers = startWorkers();
  await until(
    'it is noticed',
    async () =>
      (await database.sql('select from retention where held_until is not null')).length === 1,
  );
  await database.sql('update retention set due_at = now()');
  await until(
    'another turn is held',
    async () => (await database.sql('select from retention where due_at > now()')).length === 1,
  );
  assert.equal((await call('GET', `/conversations/${id}`)).status, 200);
  assert.ok(lines.some((line) => line.includes('retention.clock_not_trusted')));
  // A day later; and a turn that a clock ahead of its time has taken does not count.
  await database.sql(
    `update retention set held_until = now(), looked_at = looked_at - interval '1 day',
       due_at = now() + interval '3 days'`,
  );
  await until('it is removed', async () => (await countOf('conversations', id)) === 0);
  await Promise.all(workers.map((worker) => worker.stop()));
});

test('ages that change: end the pass that counted with the earlier ones', async () => {
  const id = await begin({ isClosed: false });
  await age(id, 300);
  await set({ events: '90d' });
  const taken = await database.sql(
    `update retention set lease = 'of a server', as_of = now(), due_at = now() + interval '1 minute',
       stage = 'keys' returning 1`,
  );
  assert.equal(taken.length, 1);
  await set({ events: '91d' });
  assert.deepEqual(
    await database.sql('select lease, as_of, due_at <= now() as "isDue" from retention'),
    [{ lease: null, as_of: null, isDue: true }],
  );
  await runPass({ events: '92d' });
  assert.equal(await countOf('outbound_events', id), 0);
});

/** Runs the removals of another server until it dies. */
async function runUntilKilled(faultPoint: string): Promise<void> {
  const server = spawn(
    process.execPath,
    [fileURLToPath(new URL('./killed-removals.fixture.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        JOBS_DATABASE: JSON.stringify(database.target),
        PARLEY_FAULT_POINT: faultPoint,
      },
    },
  );
  const [, signal] = await once(server, 'exit');
  assert.equal(signal, 'SIGKILL', faultPoint);
}

test('killed: a pass goes on where a server died', async () => {
  const ids = await Promise.all(Array.from({ length: 60 }, () => begin()));
  for (const id of ids) await age(id, 300);
  const fresh = await begin();
  await stop();
  await set({ conversations: '90d', events: '90d', traces: '30d', event_ids: '30d' });
  // The first conversations are hidden, then some are removed, and the pass does not say so.
  for (const point of ['after_retention_step:4', 'before_retention_step:2', 'remove_log:3']) {
    await runUntilKilled(point);
    await database.sql('update retention set due_at = now()');
    await database.sql('update conversation_removals set due_at = now()');
  }
  const workers = startWorkers();
  await until('nothing old is left', async () => {
    const left = await Promise.all(ids.map((id) => countOf('conversations', id)));
    return left.every((count) => count === 0);
  });
  await Promise.all(workers.map((worker) => worker.stop()));
  for (const id of ids) await assertGone(id);
  assert.ok((await countOf('outbound_events', fresh)) > 0);
});
