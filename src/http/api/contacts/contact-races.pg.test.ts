// Contacts that are blocked, deleted or merged while their conversations begin, on two servers: no conversation stays
// open for a contact who is gone, or with a lead that is merged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { call, notify, database } = await startTestParley();
const second = await startTestParley({}, database);
const me = (await call('GET', '/me')).body.id as string;
const fresh = () => `racer_${nextNumber()}`;
const ROUNDS = 4;

async function begin(contact: object) {
  const { body } = await notify('new_conversation', { contact });
  return { id: body.contact_id as string, conversationId: body.conversation_id as string };
}

const openOf = (id: string) =>
  database.sql(
    `select id from conversations where contact_id = $1 and state <> 'closed' and deleted_at is null`,
    [id],
  );

/** Ends a contact on the second server while conversations begin on both. */
async function endBeside(end: (id: string) => Promise<{ status: number }>, contact: object) {
  const { id } = await begin(contact);
  const beginOn = (server: { notify: typeof notify }) => () =>
    server.notify('new_conversation', { contact });
  const reply = { from: { type: 'admin', id: me }, to: { type: 'user', id }, body: 'Hello' };
  const begins = [
    beginOn({ notify }),
    () => call('POST', '/messages', reply),
    beginOn(second),
    () => call('POST', '/conversations', { from: { type: 'contact', id }, body: 'Hello' }),
  ];
  const before = begins.map((beginOne) => beginOne());
  const ended = end(id);
  const statuses = await Promise.all([...before, ...begins.map((beginOne) => beginOne())]);
  assert.ok(statuses.every(({ status }) => status < 500));
  assert.equal((await ended).status, 200);
  return id;
}

for (const [kind, end] of [
  ['delete', (id: string) => second.call('DELETE', `/contacts/${id}`)],
  ['block', (id: string) => second.call('POST', `/contacts/${id}/block`)],
] as const) {
  test(`${kind}: no conversation that begins at the same time stays open`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await endBeside(end, person(fresh()));
      assert.deepEqual(await openOf(id), [], `round ${round}`);
    }
  });
}

test('merge: no conversation that begins at the same time stays with the lead', async () => {
  const user = await begin(person(fresh()));
  const end = (from: string) => second.call('POST', '/contacts/merge', { from, into: user.id });
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = await endBeside(end, { type: 'lead', external_id: fresh() });
    assert.deepEqual(await openOf(id), [], `round ${round}`);
  }
});

test('delete: its repeat closes what a server left that died', async () => {
  const contact = person(fresh());
  const { id, conversationId } = await begin(contact);
  assert.equal((await call('DELETE', `/contacts/${id}`)).status, 200);
  await database.sql(
    `update conversations set state = 'open', external_id = 'left behind' where id = $1`,
    [conversationId],
  );
  assert.equal((await call('DELETE', `/contacts/${id}`)).status, 404);
  assert.deepEqual(await openOf(id), []);
});

type Found = { readonly body: { readonly id: string } };
const create = (fields: object): Promise<Found> => call('POST', '/contacts', fields);

/** Changes a lead's e-mail to a user's on one server while it becomes a user, or a part of one, on both. */
async function takeBeside(become: (id: string, server: typeof call) => Promise<unknown>) {
  const email = `${fresh()}@example.com`;
  await create({ role: 'user', email });
  const { body: lead } = await create({ role: 'lead', email: `${fresh()}@example.com` });
  await Promise.all([
    call('PUT', `/contacts/${lead.id}`, { email }),
    become(lead.id, call),
    become(lead.id, second.call),
  ]);
  return database.sql(`select id from contacts where email = $1 and role = 'user'`, [email]);
}

test('e-mail: a lead that gets that of a user meanwhile cannot become a user', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const users = await takeBeside((id, server) =>
      server('PUT', `/contacts/${id}`, { role: 'user' }),
    );
    assert.equal(users.length, 1, `round ${round}`);
  }
});

test('e-mail: a merged lead that gets that of a user meanwhile does not bring it', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { body: user } = await create({ external_id: fresh() });
    const users = await takeBeside((from, server) =>
      server('POST', '/contacts/merge', { from, into: user.id }),
    );
    assert.equal(users.length, 1, `round ${round}`);
  }
});
