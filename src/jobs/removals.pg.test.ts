// The removal of a contact's data when a server dies in the middle of it, when events still wait for their delivery,
// and beside another server.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { afterAll } from '../../test/support/after-all.ts';
import { findMarks } from '../../test/support/find-marks.ts';
import { nextNumber, person, startTestParley } from '../../test/support/server.ts';
import { times } from '../../test/support/thoroughness.ts';
import { until } from '../../test/support/until.ts';
import type { FaultPoint } from '../base/fault-points.ts';
import { openPool } from '../database/pool.ts';
import { RemovalPace } from './removal-pace.ts';
import { Removals } from './removals.ts';
import { keepLog } from './test-workspace.fixture.ts';

const { call, notify, database, stop } = await startTestParley();
const pool = openPool(database.target, 'admin', { max: 2, onError: () => {} });
afterAll(() => pool.end());

const { log, lines } = keepLog();
const openRemovals = () => new Removals({ pool, log, pace: new RemovalPace(), idlePauseMs: 50 });

/** Creates a contact with a conversation of many parts, a note and a stored response, and deletes it. */
async function deleteContact() {
  const mark = `killedmark_${nextNumber()}`;
  const { body } = await notify('new_message', {
    event_id: `${mark}_event`,
    external_conversation_id: `${mark}_thread`,
    contact: person(mark),
  }).then(async (response) =>
    response.status === 200
      ? response
      : notify('new_conversation', {
          event_id: `${mark}_event`,
          external_conversation_id: `${mark}_thread`,
          contact: person(mark),
        }),
  );
  const { contact_id: contactId, conversation_id } = body;
  const conversationId = Number(conversation_id);
  await database.sql(
    `insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, body,
       author_type, author_id, state, created_at, created_by_signal)
     select workspace_id, id, n + 10, id + n + 10, 'comment', $2, 'user', contact_id, 'open', now(), 1
     from conversations, generate_series(1, 1200) as n where id = $1`,
    [conversationId, `${mark}_part`],
  );
  const headers = { 'Idempotency-Key': `note-${nextNumber()}` };
  await call('POST', `/contacts/${contactId}/notes`, { body: `${mark}_note` }, headers);
  assert.equal((await call('DELETE', `/contacts/${contactId}`)).status, 200);
  return { mark, contactId: contactId as string, conversationId };
}

type Deleted = Awaited<ReturnType<typeof deleteContact>>;

/** Lets leases end and delays pass. */
async function makeDue({ contactId }: Pick<Deleted, 'contactId'>) {
  await database.sql(
    `update erasures set requested_at = requested_at - interval '8 days', due_at = now()
     where due_at is not null and contact_id = $1`,
    [contactId],
  );
  await database.sql('update conversation_removals set due_at = now() where contact_id = $1', [
    contactId,
  ]);
}

/** Removes what is due until nothing is left to do about a contact. */
async function finish(deleted: Deleted): Promise<void> {
  const servers = [openRemovals(), openRemovals()];
  for (const server of servers) server.start();
  await until('the contact is erased', async () => {
    await makeDue(deleted);
    const query = "select from erasures where contact_id = $1 and stage = 'done'";
    return (await database.sql(query, [deleted.contactId])).length === 1;
  });
  await Promise.all(servers.map((server) => server.stop()));
}

async function assertGone({ mark, contactId, conversationId }: Deleted): Promise<void> {
  assert.deepEqual(await findMarks(database, mark), []);
  for (const [query, value] of [
    ['select from conversations where id = $1', conversationId],
    ['select from conversation_removals where contact_id = $1', contactId],
    ['select from erasures where contact_id = $1 and finished_at is null', contactId],
  ] as const) {
    assert.deepEqual(await database.sql(query, [value]), [], query);
  }
}

/** The first ones always, the others in the nightly run. */
const points: readonly FaultPoint[] = [
  'erase_conversations',
  'between_removals',
  'remove_log',
  'erase_keys',
  'erase_person',
  'erase_events',
  'remove_content',
];

/** Runs the removals of another server until it dies. */
async function runUntilKilled(point: FaultPoint, deleted: Deleted): Promise<void> {
  const server = spawn(
    process.execPath,
    [fileURLToPath(new URL('./killed-removals.fixture.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        JOBS_DATABASE: JSON.stringify(database.target),
        PARLEY_FAULT_POINT: `${point}:1`,
      },
    },
  );
  const exited = once(server, 'exit');
  let isRunning = true;
  void exited.then(() => {
    isRunning = false;
  });
  await until('the server dies', async () => {
    await makeDue(deleted);
    return !isRunning;
  });
  assert.equal((await exited)[1], 'SIGKILL', point);
}

/** Makes the events of a conversation wait for their delivery. */
async function letEventsWait({ conversationId }: Deleted) {
  await database.sql(
    `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
     select workspace_id, id, channel_id, 1, event_count, now() + interval '1 hour'
     from conversations where id = $1`,
    [conversationId],
  );
}

const eventsOf = ({ conversationId }: Deleted) =>
  database.sql('select from outbound_events where conversation_id = $1', [conversationId]);

async function removeContentOf({ contactId, mark }: Deleted) {
  const server = openRemovals();
  await database.sql('update erasures set due_at = now() where contact_id = $1', [contactId]);
  server.start();
  await until('the rest is removed', async () =>
    (await findMarks(database, mark)).every((found) => /^(outbound|channel)_events/.test(found)),
  );
  return server;
}

test('undelivered events: are delivered before they are removed', async () => {
  const deleted = await deleteContact();
  await letEventsWait(deleted);
  const server = await removeContentOf(deleted);
  assert.equal((await eventsOf(deleted)).length, 1);
  await server.stop();
  await database.sql(
    'update delivery_lanes set next_sequence = last_sequence + 1, due_at = null where conversation_id = $1',
    [deleted.conversationId],
  );
  await finish(deleted);
  await assertGone(deleted);
});

test('undelivered events: are dropped after a day', async () => {
  const deleted = await deleteContact();
  await letEventsWait(deleted);
  const server = await removeContentOf(deleted);
  await server.stop();
  await database.sql("update conversation_removals set requested_at = now() - interval '25 hours'");
  await finish(deleted);
  await assertGone(deleted);
  assert.deepEqual(
    await database.sql('select from delivery_lanes where conversation_id = $1', [
      deleted.conversationId,
    ]),
    [],
  );
});

test('removal: a conversation that changes meanwhile is not half removed', async () => {
  const { body } = await notify('new_conversation', { contact: person('racing') });
  const { contact_id: contactId, conversation_id: id } = body;
  await call('DELETE', `/contacts/${contactId}`);
  const admin = { type: 'admin', admin_id: (await call('GET', '/me')).body.id };
  await makeDue({ contactId });
  const server = openRemovals();
  server.start();
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      call('POST', `/conversations/${id}/reply`, {
        message_type: 'comment',
        ...admin,
        body: `racing_${index}`,
      }),
    ),
  );
  assert.ok(replies.every(({ status }) => status === 200 || status === 404));
  await server.stop();
  await finish({ contactId, conversationId: Number(id), mark: 'racing' });
  await assertGone({ contactId, conversationId: Number(id), mark: 'racing_' });
  assert.equal(lines.filter((line) => line.includes('removals.interrupted')).length, 0);
});

test('killed: a removal goes on wherever a server died', async () => {
  const all: Deleted[] = [];
  const chosen = points.slice(0, times(4, points.length));
  for (const _ of chosen) all.push(await deleteContact());
  // It would remove them, too.
  await stop();
  for (const [index, point] of chosen.entries()) {
    await runUntilKilled(point, all[index]!);
    await finish(all[index]!);
    await assertGone(all[index]!);
  }
});
