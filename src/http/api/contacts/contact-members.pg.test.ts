// Conversations with several contacts, of whom one is blocked, deleted or merged; and contacts who may not join.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { call, notify, database } = await startTestParley();
const second = await startTestParley({}, database);
const me = (await call('GET', '/me')).body.id as string;
const fresh = () => `member_${nextNumber()}`;

/** Creates a contact with a conversation. */
async function begin(contact: object = person(fresh())) {
  const { body } = await notify('new_conversation', { contact });
  return {
    contact,
    id: body.contact_id as string,
    conversation: body.conversation_id as string,
    thread: body.external_conversation_id as string,
  };
}

type Begun = Awaited<ReturnType<typeof begin>>;

const lead = () => ({ type: 'lead', external_id: fresh() });
const attach = (conversation: string, id: string, on = call) =>
  on('POST', `/conversations/${conversation}/customers`, { customer: { intercom_user_id: id } });
const detach = (conversation: string, id: string) =>
  call('DELETE', `/conversations/${conversation}/customers/${id}`, { admin_id: me });
const say = (thread: string, contact: object) =>
  notify('new_message', { external_conversation_id: thread, contact });
const conversationOf = async (id: string) => (await call('GET', `/conversations/${id}`)).body;
const stateOf = async (id: string) => (await conversationOf(id)).state;
const block = (id: string) => call('POST', `/contacts/${id}/block`);
const remove = (id: string) => call('DELETE', `/contacts/${id}`);

const membersOf = async (id: string): Promise<string[]> =>
  (await conversationOf(id)).contacts.contacts.map((one: { id: string }) => one.id);

const eventsOf = (conversation: string, name: string) =>
  database.sql<{ body: string }>(
    'select body from outbound_events where conversation_id = $1 and name = $2',
    [Number(conversation), name],
  );

/** Creates a conversation of two contacts. */
async function beginShared(): Promise<readonly [Begun, Begun]> {
  const [owner, guest] = [await begin(), await begin()];
  assert.equal((await attach(owner.conversation, guest.id)).status, 200);
  return [owner, guest];
}

const assertBlocked = (
  { status, body }: { status: number; body: { errors: { code: string; field: string }[] } },
  field: string,
) => {
  assert.equal(status, 400, JSON.stringify(body));
  assert.deepEqual([body.errors[0]!.code, body.errors[0]!.field], ['not_restorable', field]);
};

test('deleted: a contact who joined leaves, and does not count as the last', async () => {
  const [owner, guest] = await beginShared();
  assert.equal((await remove(guest.id)).status, 200);
  assert.deepEqual(await membersOf(owner.conversation), [owner.id]);
  assert.equal(await stateOf(owner.conversation), 'open');
  assert.equal((await detach(owner.conversation, guest.id)).status, 404);
  const last = await detach(owner.conversation, owner.id);
  assert.deepEqual([last.status, last.body.errors[0].code], [422, 'parameter_invalid']);
  assert.equal((await say(owner.thread, owner.contact)).status, 200);
});

test('deleted: others go on with the conversation that the contact began', async () => {
  const [owner, guest] = await beginShared();
  assert.equal((await remove(owner.id)).status, 200);
  assert.deepEqual(await membersOf(owner.conversation), [guest.id]);
  assert.equal(await stateOf(owner.conversation), 'open');
  const said = await say(owner.thread, guest.contact);
  assert.deepEqual([said.status, said.body.conversation_id], [200, owner.conversation]);
  // Who comes back under the same external id is another contact.
  assert.equal((await say(owner.thread, owner.contact)).status, 422);
  assert.equal((await detach(owner.conversation, guest.id)).status, 422);
  // The last one takes the conversation along.
  assert.equal((await remove(guest.id)).status, 200);
  assert.equal(await stateOf(owner.conversation), 'closed');
  assert.equal((await say(owner.thread, owner.contact)).status, 404);
});

test('deleted: closed conversations lose their external ids, too; more than 100', async () => {
  const contact = person(fresh());
  const all = await Promise.all(Array.from({ length: 130 }, () => begin(contact)));
  await database.sql(`update conversations set state = 'closed' where contact_id = $1`, [
    all[0]!.id,
  ]);
  assert.equal((await remove(all[0]!.id)).status, 200);
  const left = await database.sql(
    `select id from conversations where contact_id = $1 and external_id not like 'parley-gone-%'`,
    [all[0]!.id],
  );
  assert.deepEqual(left, []);
  const again = await Promise.all(
    all.map(({ thread }) =>
      notify('new_conversation', { contact, external_conversation_id: thread }),
    ),
  );
  assert.deepEqual(new Set(again.map(({ status }) => status)), new Set([200]));
});

test('deleted: an app that goes on under the same ids at once loses nothing', async () => {
  const { id, contact, thread, conversation } = await begin();
  const events = Array.from({ length: 12 }, (_, n) => async () => {
    const on = n % 2 === 0 ? notify : second.notify;
    return on('new_conversation', { contact, external_conversation_id: thread });
  });
  const [deleted, ...responses] = await Promise.all([
    second.call('DELETE', `/contacts/${id}`),
    ...events.map((send) => send()),
  ]);
  assert.equal(deleted!.status, 200);
  for (const { status } of responses) assert.ok([200, 422].includes(status), String(status));
  const after = await notify('new_conversation', { contact, external_conversation_id: thread });
  assert.equal(after.status, 200);
  assert.notEqual(after.body.conversation_id, conversation);
  const open = await database.sql(
    `select v.id from conversations as v join contacts as c on c.id = v.contact_id
     where c.deleted_at is not null and v.id = $1 and v.state <> 'closed'`,
    [Number(conversation)],
  );
  assert.deepEqual(open, []);
});

test('blocked: a conversation stays open for others who may write', async () => {
  const [owner, guest] = await beginShared();
  assert.equal((await block(owner.id)).status, 200);
  assert.equal(await stateOf(owner.conversation), 'open');
  assertBlocked(await say(owner.thread, owner.contact), 'contact.external_id');
  assert.equal((await say(owner.thread, guest.contact)).status, 200);
  assert.equal((await block(guest.id)).status, 200);
  assert.equal(await stateOf(owner.conversation), 'closed');
});

test('blocked: both of two contacts at once leave no conversation open', async () => {
  for (let round = 0; round < 4; round += 1) {
    const [owner, guest] = await beginShared();
    await Promise.all([block(owner.id), second.call('POST', `/contacts/${guest.id}/block`)]);
    assert.equal(await stateOf(owner.conversation), 'closed', `round ${round}`);
  }
});

test('blocked: the contact is let in nowhere', async () => {
  const [blocked, fine] = [await begin(), await begin()];
  await block(blocked.id);
  const from = { type: 'admin', id: me };
  for (const ids of [[blocked.id], [blocked.id, fine.id], [fine.id, blocked.id]]) {
    const to = ids.map((id) => ({ type: 'user', id }));
    assertBlocked(await call('POST', '/messages', { from, to, body: 'Hello' }), 'to');
    const [first, ...cc] = to;
    assertBlocked(await call('POST', '/messages', { from, to: first, cc, body: 'Hello' }), 'to');
  }
  const user = { type: 'user', id: blocked.id };
  assertBlocked(await call('POST', '/conversations', { from: user, body: 'Hello' }), 'from.id');
  assertBlocked(await attach(fine.conversation, blocked.id), 'customer');
  assert.deepEqual(await membersOf(fine.conversation), [fine.id]);
  const guest = await begin(lead());
  const merge = (one: string, into: string) => call('POST', '/contacts/merge', { from: one, into });
  assertBlocked(await merge(guest.id, blocked.id), 'into');
  assert.equal(await stateOf(guest.conversation), 'open');
  await block(guest.id);
  assertBlocked(await merge(guest.id, fine.id), 'from');
});

test('joining: beside a deletion or block, none stays who is gone', async () => {
  for (let round = 0; round < 8; round += 1) {
    const [owner, guest] = [await begin(), await begin()];
    const [joined, ended] = await Promise.all([
      attach(owner.conversation, guest.id),
      round % 2 === 0
        ? second.call('DELETE', `/contacts/${guest.id}`)
        : second.call('POST', `/contacts/${guest.id}/block`),
    ]);
    assert.equal(ended!.status, 200);
    assert.ok([200, 400, 404].includes(joined!.status));
    const members = await membersOf(owner.conversation);
    // A blocked contact may stay whose joining came first.
    if (round % 2 === 0 || joined!.status !== 200) assert.deepEqual(members, [owner.id]);
  }
});

test('merged: conversations that the lead joined tell the app, too', async () => {
  const [guest, user, owner] = [await begin(lead()), await begin(), await begin()];
  await attach(owner.conversation, guest.id);
  await attach(owner.conversation, user.id);
  const both = await begin();
  await attach(both.conversation, guest.id);
  const merged = await call('POST', '/contacts/merge', { from: guest.id, into: user.id });
  assert.equal(merged.status, 200);
  assert.deepEqual(await membersOf(owner.conversation), [owner.id, user.id]);
  assert.deepEqual(await membersOf(both.conversation), [both.id, user.id]);
  for (const { conversation } of [owner, both, guest]) {
    const events = await eventsOf(conversation, 'contact_merged');
    assert.equal(events.length, 1, conversation);
    const { merged_from: from, contact } = JSON.parse(events[0]!.body);
    assert.deepEqual([from.id, contact.id], [guest.id, user.id]);
  }
  assert.equal((await say(both.thread, guest.contact)).status, 200);
  const [row] = await database.sql<{ other: string[] }>(
    'select other_contact_ids as other from conversations where id = $1',
    [Number(both.conversation)],
  );
  assert.deepEqual(row!.other, [user.id]);
});
