// Archiving, blocking, deleting and merging contacts over a real socket: the effects on the contact, on its
// conversations, and on later events of the app.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const second = await startTestParley({}, database);
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;
const fresh = () => `person_${nextNumber()}`;

type Begun = {
  readonly id: string;
  readonly conversationId: string;
  readonly thread: string;
  readonly contact: { readonly type: string; readonly external_id: string };
};

/** Creates a contact with a conversation. */
async function begin(contact: object = person(fresh())): Promise<Begun> {
  const { body } = await notify('new_conversation', { contact });
  const { contact_id: id, conversation_id: conversationId } = body;
  const { external_conversation_id: thread } = body;
  return { id, conversationId, thread, contact: contact as Begun['contact'] };
}

const lead = () => ({ type: 'lead', external_id: fresh() });
const say = ({ thread, contact }: Pick<Begun, 'thread' | 'contact'>, fields: object = {}) =>
  notify('new_message', { external_conversation_id: thread, contact, ...fields });
const contactOf = (id: string) => call('GET', `/contacts/${id}`);
const conversationOf = async (id: string) => (await call('GET', `/conversations/${id}`)).body;
const merge = (from: string, into: string) => call('POST', '/contacts/merge', { from, into });

/** Reads the names and bodies of the events of a conversation. */
const eventsOf = async (conversationId: string) =>
  (
    await database.sql<{ name: string; body: string }>(
      'select name, body from outbound_events where conversation_id = $1 order by sequence',
      [Number(conversationId)],
    )
  ).map(({ name, body }) => ({ name, body: JSON.parse(body) }));

const auditOf = async (id: string) =>
  (
    await database.sql<{ action: string }>(
      `select action from audit_log where object_type = 'contact' and object_id = $1 order by id`,
      [id],
    )
  ).map(({ action }) => action);

test('SDK: archiving and unarchiving a contact are idempotent', async () => {
  const { id, contact } = await begin();
  const reference = { type: 'contact', id, external_id: contact.external_id };
  const by = { contact_id: id };
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual(await client.contacts.archive(by), { ...reference, archived: true });
  }
  assert.equal((await contactOf(id)).status, 200);
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual(await client.contacts.unarchive(by), { ...reference, archived: false });
  }
  assert.deepEqual(await auditOf(id), ['contact.archived', 'contact.unarchived']);
  // The Ruby client sends {}.
  const never = await begin();
  const unarchived = await call('POST', `/contacts/${never.id}/unarchive`, {});
  assert.deepEqual([unarchived.status, unarchived.body.archived], [200, false]);
});

test('archived: the next event of the app unarchives the contact', async () => {
  const begun = await begin();
  await client.contacts.archive({ contact_id: begun.id });
  assert.equal((await say(begun)).status, 200);
  const [row] = await database.sql('select archived_at from contacts where id = $1', [begun.id]);
  assert.deepEqual(row, { archived_at: null });
});

test('SDK: blocking a contact closes its conversations and rejects its events', async () => {
  const begun = await begin();
  const other = await begin(begun.contact);
  await call('POST', `/conversations/${other.conversationId}/parts`, {
    message_type: 'snoozed',
    admin_id: me,
    snoozed_until: Math.floor(Date.now() / 1000) + 3600,
  });
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual(await client.contacts.blockContact({ contact_id: begun.id }), {
      type: 'contact',
      id: begun.id,
      external_id: begun.contact.external_id,
      blocked: true,
    });
  }
  for (const { conversationId } of [begun, other]) {
    const { state, conversation_parts: parts } = await conversationOf(conversationId);
    assert.equal(state, 'closed');
    const closed = parts.conversation_parts.filter(
      ({ part_type: type }: { part_type: string }) => type === 'close',
    );
    assert.equal(closed.length, 1);
    assert.deepEqual([closed[0].author.type, closed[0].author.id], ['admin', me]);
    const { name, body } = (await eventsOf(conversationId)).at(-1)!;
    assert.deepEqual([name, body.status], ['status_updated', 'closed']);
  }
  const rejected = await say(begun);
  assert.deepEqual([rejected.status, rejected.body.errors[0].code], [400, 'not_restorable']);
  const unarchived = await call('POST', `/contacts/${begun.id}/unarchive`);
  assert.deepEqual([unarchived.status, unarchived.body.errors[0].code], [400, 'not_restorable']);
  assert.deepEqual(await auditOf(begun.id), ['contact.blocked']);
});

test('SDK: deleting a contact leaves no personal data in its row', async () => {
  const begun = await begin();
  await call('PUT', `/contacts/${begun.id}`, {
    phone: '+353871234567',
    avatar: 'https://example.com/jane.png',
    custom_attributes: { city: 'Lima' },
  });
  const { body: note } = await call('POST', `/contacts/${begun.id}/notes`, { body: 'A note' });
  const deleted = await client.contacts.delete({ contact_id: begun.id });
  const { external_id: externalId } = begun.contact;
  const { id } = begun;
  assert.deepEqual(deleted, { type: 'contact', id, external_id: externalId, deleted: true });
  for (const [method, path] of [
    ['GET', `/contacts/${id}`],
    ['PUT', `/contacts/${id}`],
    ['DELETE', `/contacts/${id}`],
    ['POST', `/contacts/${id}/archive`],
    ['POST', `/contacts/${id}/block`],
    ['GET', `/contacts/${id}/tags`],
    ['GET', `/contacts/${id}/notes`],
    ['GET', `/contacts/find_by_external_id/${externalId}`],
    ['GET', `/notes/${note.id}`],
  ] as const) {
    assert.equal((await call(method, path)).status, 404, `${method} ${path}`);
  }
  const [row] = await database.sql<object>('select * from contacts where id = $1', [id]);
  const left = Object.entries(row!)
    .filter(([, value]) => value !== null && !(value instanceof Date))
    .map(([name, value]) => [name, JSON.stringify(value)]);
  assert.deepEqual(
    Object.fromEntries(left.filter(([name]) => !/_(at|day)$|^created_by|^version$/.test(name!))),
    {
      workspace_id: '1',
      id: `"${id}"`,
      role: '"user"',
      custom_attributes: '{}',
      profile: '{}',
      tag_ids: '[]',
    },
  );
  const conversation = await conversationOf(begun.conversationId);
  assert.equal(conversation.state, 'closed');
  assert.equal(conversation.contacts.contacts[0].id, id);
  assert.equal((await eventsOf(begun.conversationId)).at(-1)!.name, 'status_updated');
});

test('row 19: after a deletion, the next event creates a new contact', async () => {
  const begun = await begin();
  await client.contacts.archive({ contact_id: begun.id });
  // The Ruby client sends {} with every DELETE; an archived contact can be deleted, too.
  assert.equal((await call('DELETE', `/contacts/${begun.id}`, {})).status, 200);
  const again = await notify('new_conversation', { contact: begun.contact });
  assert.equal(again.status, 200);
  assert.notEqual(again.body.contact_id, begun.id);
  const { body } = await contactOf(again.body.contact_id);
  assert.equal(body.external_id, begun.contact.external_id);
  // The old conversation is not the new contact's, and its id is free.
  const old = await say(begun);
  assert.deepEqual([old.status, old.body.errors[0].field], [404, 'external_conversation_id']);
  const fresh = await notify('new_conversation', {
    contact: begun.contact,
    external_conversation_id: begun.thread,
  });
  assert.equal(fresh.status, 200);
  assert.notEqual(fresh.body.conversation_id, begun.conversationId);
  assert.equal(fresh.body.contact_id, again.body.contact_id);
  assert.equal((await say(begun)).body.conversation_id, fresh.body.conversation_id);
  // The e-mail is free as well.
  await call('DELETE', `/contacts/${again.body.contact_id}`);
  assert.equal((await call('POST', '/contacts', { email: body.email })).status, 200);
});

test('SDK: a user gets everything of the lead that is merged into it', async () => {
  const one = await begin({ ...lead(), name: 'Lead', email: 'lead@example.com' });
  const two = await begin(one.contact);
  await say(one);
  await call('PUT', `/contacts/${one.id}`, {
    phone: '123',
    custom_attributes: { city: 'Lima', plan: 'free' },
  });
  const { body: tag } = await call('POST', '/tags', { name: 'Merged' });
  await call('POST', `/contacts/${one.id}/tags`, { id: tag.id });
  const { body: note } = await call('POST', `/contacts/${one.id}/notes`, { body: 'Of the lead' });
  const user = await begin();
  await call('PUT', `/contacts/${user.id}`, { custom_attributes: { plan: 'gold' } });
  await call('POST', `/contacts/${user.id}/notes`, { body: 'Of the user' });

  const merged = await client.contacts.mergeLeadInUser({ from: one.id, into: user.id });
  const shown = merged as unknown as Record<string, { total_count: number }>;
  assert.equal(merged!.id, user.id);
  assert.equal(merged!.name, `Name of ${user.contact.external_id}`);
  assert.equal(merged!.phone, '123');
  assert.deepEqual(merged!.custom_attributes, { city: 'Lima', plan: 'gold' });
  assert.equal(shown['tags']!.total_count, 1);
  assert.equal(shown['notes']!.total_count, 2);
  assert.deepEqual(await contactOf(user.id).then(({ body }) => body), merged);

  assert.equal((await contactOf(one.id)).status, 404);
  assert.equal((await call('PUT', `/contacts/${one.id}`, { name: 'x' })).status, 404);
  assert.equal((await call('DELETE', `/contacts/${one.id}`)).status, 404);
  assert.equal((await call('GET', `/contacts/${one.id}/notes`)).status, 404);
  assert.equal((await call('GET', `/notes/${note.id}`)).body.contact.id, user.id);
  const path = `/contacts/find_by_external_id/${one.contact.external_id}`;
  assert.equal((await call('GET', path)).status, 404);

  for (const { conversationId } of [one, two]) {
    const { contacts } = (await conversationOf(conversationId)).contacts;
    const [who] = contacts;
    assert.deepEqual([contacts.length, who.id], [1, user.id]);
    const [event] = (await eventsOf(conversationId)).filter(
      ({ name }) => name === 'contact_merged',
    );
    assert.deepEqual(event!.body.merged_from, {
      id: one.id,
      external_id: one.contact.external_id,
    });
    assert.deepEqual(event!.body.contact, {
      type: 'user',
      id: user.id,
      external_id: user.contact.external_id,
    });
  }
  const [stored] = await database.sql(
    'select count(*)::int from conversations where contact_id = $1',
    [user.id],
  );
  assert.deepEqual(stored, { count: 3 });
  assert.deepEqual(await auditOf(user.id), ['contact.merged']);
});

test('merged: old and new events with the lead’s external id belong to the user', async () => {
  const from = await begin(lead());
  const into = await begin();
  await merge(from.id, into.id);
  const said = await say(from);
  assert.deepEqual([said.status, said.body.contact_id], [200, into.id]);
  // The user may write in the lead's conversation with its own id, too.
  assert.equal((await say({ thread: from.thread, contact: into.contact })).status, 200);
  const begun = await begin(from.contact);
  assert.equal(begun.id, into.id);
  const taken = await call('POST', '/contacts', { external_id: from.contact.external_id });
  assert.equal(taken.status, 409);
  assert.match(taken.body.errors[0].message, new RegExp(`id=${into.id}$`));
  const fields = { external_id: from.contact.external_id };
  assert.equal((await call('PUT', `/contacts/${into.id}`, fields)).status, 409);
  // Deleting the user deletes the lead too, and frees its external id.
  await call('DELETE', `/contacts/${into.id}`);
  const after = await notify('new_conversation', { contact: from.contact });
  assert.equal(after.status, 200);
  assert.ok(![from.id, into.id].includes(after.body.contact_id));
});

test('POST /contacts/merge: takes only an existing lead and an existing user', async () => {
  const [leadOne, leadTwo, userOne, userTwo] = [
    await begin(lead()),
    await begin(lead()),
    await begin(),
    await begin(),
  ];
  const cases: readonly [object, number, string][] = [
    [{}, 400, 'from'],
    [{ from: leadOne.id }, 400, 'into'],
    [{ from: null, into: userOne.id }, 400, 'from'],
    [{ from: leadOne.id, into: leadTwo.id }, 400, 'into'],
    [{ from: userTwo.id, into: userOne.id }, 400, 'from'],
    [{ from: userOne.id, into: userOne.id }, 400, 'from'],
    [{ from: leadOne.id, into: leadOne.id }, 400, 'into'],
    [{ from: 'ffffffffffffffffffffffff', into: userOne.id }, 404, 'from'],
    [{ from: leadOne.id, into: 'ffffffffffffffffffffffff' }, 404, 'into'],
    [{ from: leadOne.id, into: 'nobody' }, 404, 'into'],
    [{ from: 12, into: userOne.id }, 404, 'from'],
  ];
  for (const [body, status, field] of cases) {
    const response = await call('POST', '/contacts/merge', body);
    assert.equal(response.status, status, JSON.stringify([body, response.body]));
    assert.equal(response.body.errors[0].field, field, JSON.stringify(body));
  }
  assert.equal((await merge(leadOne.id, userOne.id)).status, 200);
  // The second time, the lead no longer exists.
  assert.equal((await merge(leadOne.id, userOne.id)).status, 404);
});

test('merged: the user takes the lead’s e-mail only if no other user has it', async () => {
  const email = `${fresh()}@example.com`;
  const holder = await begin({ ...person(fresh()), email });
  const one = await begin({ ...lead(), email });
  const { body: user } = await call('POST', '/contacts', { external_id: fresh() });
  assert.equal((await merge(one.id, user.id)).body.email, null);
  await call('DELETE', `/contacts/${holder.id}`);
  const two = await begin({ ...lead(), email });
  assert.equal((await merge(two.id, user.id)).body.email, email);
});

test('merging: concurrent merges on two servers beside events lose nothing', async () => {
  const from = await begin(lead());
  const into = await begin();
  const responses = await Promise.all([
    ...Array.from({ length: 12 }, () => say(from)),
    ...Array.from({ length: 6 }, (_, n) =>
      [call, second.call][n % 2]!('POST', '/contacts/merge', { from: from.id, into: into.id }),
    ),
    ...Array.from({ length: 6 }, () => notify('new_conversation', { contact: from.contact })),
    ...Array.from({ length: 6 }, (_, n) =>
      second.call('PUT', `/contacts/${into.id}`, { custom_attributes: { [`key_${n}`]: n } }),
    ),
  ]);
  const merges = responses.slice(12, 18).map(({ status }) => status);
  assert.deepEqual(merges.filter((status) => status === 200).length, 1);
  assert.deepEqual(new Set(merges), new Set([200, 404]));
  const others = [...responses.slice(0, 12), ...responses.slice(18)];
  assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([200]));
  const { body } = await contactOf(into.id);
  assert.equal(Object.keys(body.custom_attributes).length, 6);
  const { conversation_parts: parts } = await conversationOf(from.conversationId);
  assert.equal(parts.total_count, 12);
  // Conversations that began before or after the merge have the user as their contact.
  for (const { body: begun } of responses.slice(18, 24)) {
    const { contacts } = await conversationOf(begun.conversation_id);
    assert.deepEqual(
      contacts.contacts.map(({ id }: { id: string }) => id),
      [into.id],
    );
  }
});

test('deleting: one of several concurrent deletions beside events takes effect', async () => {
  const begun = await begin();
  const responses = await Promise.all([
    ...Array.from({ length: 6 }, (_, n) =>
      [call, second.call][n % 2]!('DELETE', `/contacts/${begun.id}`),
    ),
    ...Array.from({ length: 8 }, () => notify('new_conversation', { contact: begun.contact })),
  ]);
  const deletes = responses.slice(0, 6).map(({ status }) => status);
  assert.equal(deletes.filter((status) => status === 200).length, 1);
  assert.deepEqual(new Set(deletes), new Set([200, 404]));
  assert.deepEqual(new Set(responses.slice(6).map(({ status }) => status)), new Set([200]));
  const rows = await database.sql('select 1 from contacts where external_id = $1', [
    begun.contact.external_id,
  ]);
  assert.ok(rows.length <= 1);
  assert.equal((await contactOf(begun.id)).status, 404);
});

test('many conversations: all 130 of a contact change with it', async () => {
  const from = lead();
  const begun = await Promise.all(Array.from({ length: 130 }, () => begin(from)));
  const into = await begin();
  assert.equal((await merge(begun[0]!.id, into.id)).status, 200);
  const told = await database.sql<{ id: number }>(
    `select conversation_id as id from outbound_events where name = 'contact_merged'
       and body::json -> 'merged_from' ->> 'id' = $1`,
    [begun[0]!.id],
  );
  assert.equal(told.length, 130);
  assert.equal((await call('POST', `/contacts/${into.id}/block`)).status, 200);
  const open = await database.sql(
    `select 1 from conversations where contact_id = $1 and state <> 'closed'`,
    [into.id],
  );
  assert.deepEqual(open, []);
});

test('contact states: unknown contacts are 404', async () => {
  for (const id of ['ffffffffffffffffffffffff', 'nobody']) {
    for (const done of ['archive', 'unarchive', 'block']) {
      assert.equal((await call('POST', `/contacts/${id}/${done}`)).status, 404);
    }
    assert.equal((await call('DELETE', `/contacts/${id}`)).status, 404);
  }
});
