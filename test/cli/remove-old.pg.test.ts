// `parley remove-old` beside a running server: removes what is old, and nothing that is new, open or undelivered. And
// what other commands say of the regular removal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyForTest } from '../support/apply.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { nextNumber, startTestParley } from '../support/server.ts';
import { until } from '../support/until.ts';
import { runParley } from './run-parley.ts';

const database = await openTestDatabase();
const { call, notify } = await startTestParley({}, database);
const me = (await call('GET', '/me')).body.id;

const removeOld = (...words: string[]) =>
  runParley(['remove-old', ...words], { settings: { PARLEY_DATABASE_URL: database.url } });

const runReplay = (id: number) =>
  runParley(['replay', String(id)], { settings: { PARLEY_DATABASE_URL: database.url } });

/** Begins a conversation with an event in its log. */
async function begin(isClosed: boolean): Promise<number> {
  const { body } = await notify('new_conversation', {
    external_conversation_id: `old_${nextNumber()}`,
  });
  const reply = { message_type: 'comment', type: 'admin', admin_id: me, body: 'Hello' };
  await call('POST', `/conversations/${body.conversation_id}/reply`, reply);
  if (isClosed) {
    const close = { message_type: 'close', type: 'admin', admin_id: me };
    await call('POST', `/conversations/${body.conversation_id}/parts`, close);
  }
  return Number(body.conversation_id);
}

/** Makes rows of a conversation older. */
async function age(id: number): Promise<void> {
  const earlier = "- interval '100 days'";
  await database.sql(
    `update conversations set created_at = created_at ${earlier}, updated_at = updated_at ${earlier}
     where id = $1`,
    [id],
  );
  await database.sql(
    `update outbound_events set created_at = created_at ${earlier} where conversation_id = $1`,
    [id],
  );
}

const countOf = async (table: string, id: number): Promise<number> =>
  (
    await database.sql(
      `select from ${table} where ${table === 'conversations' ? 'id' : 'conversation_id'} = $1`,
      [id],
    )
  ).length;

const lane = (id: number, next: number) =>
  database.sql(
    `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence)
     select workspace_id, id, channel_id, $2, event_count from conversations where id = $1`,
    [id, next],
  );

test('remove-old: removes delivered old events with their attempts, and no others', async () => {
  const [old, waiting, dead, fresh] = [
    await begin(false),
    await begin(false),
    await begin(false),
    await begin(false),
  ];
  for (const id of [old, waiting, dead]) await age(id);
  await lane(waiting, 1);
  for (const id of [old, fresh]) {
    await database.sql(
      `insert into delivery_attempts (workspace_id, conversation_id, sequence, attempted_at, channel_id, outcome,
         latency_ms, detail)
       select workspace_id, conversation_id, sequence, created_at, channel_id, 'delivered', 1, ''
       from outbound_events where conversation_id = $1`,
      [id],
    );
  }
  await database.sql(
    `insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason)
     select workspace_id, conversation_id, sequence, channel_id, 'no' from outbound_events
     where conversation_id = $1`,
    [dead],
  );
  const ran = await removeOld('--events', '90d');
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /Removed 1 event;/);
  assert.deepEqual(
    await Promise.all([old, waiting, dead, fresh].map((id) => countOf('outbound_events', id))),
    [0, 1, 1, 1],
  );
  assert.deepEqual(
    await Promise.all([old, fresh].map((id) => countOf('delivery_attempts', id))),
    [0, 1],
  );
});

test('remove-old: removes old closed conversations with all in them, and no others', async () => {
  const [old, open, fresh] = [await begin(true), await begin(false), await begin(true)];
  for (const id of [old, open]) await age(id);
  const dry = await removeOld('--conversations', '90d', '--dry-run', '--json');
  assert.deepEqual(JSON.parse(dry.out), { events: 0, conversations: 1, dry_run: true });
  const ran = await removeOld('--conversations', '90d');
  assert.equal(ran.code, 0, ran.err);
  assert.equal((await call('GET', `/conversations/${old}`)).status, 404);
  for (const id of [open, fresh]) {
    assert.equal((await call('GET', `/conversations/${id}`)).status, 200);
  }
  await until('its rows are gone', async () => (await countOf('conversations', old)) === 0);
  for (const table of ['conversation_parts', 'outbound_events', 'conversation_removals']) {
    assert.equal(await countOf(table, old), 0, table);
  }
});

test('remove-old: rejects ages that it cannot mean', async () => {
  for (const words of [[], ['--events', '90'], ['--events', '1m'], ['--conversations', '']]) {
    const ran = await removeOld(...words);
    assert.equal(ran.code, 2, words.join(' '));
  }
});

test('doctor: says how far the regular removal is', async () => {
  const settings = { PARLEY_DATABASE_URL: database.url };
  const check = async () => {
    const ran = await runParley(['doctor', '--json'], { settings });
    const { checks } = JSON.parse(ran.out) as { checks: { name: string; message: string }[] };
    return checks.find(({ name }) => name === 'retention');
  };
  assert.match((await check())!.message, /for ever/);
  await applyForTest(database, { retention: { events: '90d', traces: '30d' } });
  await until(
    'a pass has ended',
    async () =>
      (await database.sql('select from retention where finished_at is not null')).length === 1,
  );
  await database.sql(`update retention set removed = '{"events": 1203, "event_ids": 2}'`);
  assert.deepEqual(await check(), {
    name: 'retention',
    status: 'ok',
    message:
      'default: events 90d, traces 30d; removed 1,203 events, 2 event ids in the pass that ended less than 1m ago',
  });
  await database.sql("update retention set finished_at = now() - interval '3 days'");
  assert.match(JSON.stringify(await check()), /"warn".*ended 3d ago.*retention\.interrupted/);
  await database.sql("update retention set held_until = now() + interval '1 hour'");
  assert.match(JSON.stringify(await check()), /"warn".*days ahead.*Set the clock/);
});

test('replay: rejects a conversation whose traces were removed', async () => {
  const id = await begin(false);
  assert.equal((await runReplay(id)).code, 0);
  await database.sql('delete from conversation_signals where conversation_id = $1', [id]);
  const ran = await runReplay(id);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /cannot be replayed: its signals before number 2 were removed/);
});
