// Contract A.4, rows 10 to 19: how contacts are identified, and what an event changes in them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { call, notify, database } = await startTestParley();
const lenient = await startTestParley({}, database);

const newContact = (contact: object) => notify('new_conversation', { contact });
const readContact = async (id: string) => (await call('GET', `/contacts/${id}`)).body;
const freshName = () => `someone_${nextNumber()}`;

for (const missing of ['name', 'email'] as const) {
  test(`row 10: unknown user without ${missing} gets 400 data_invalid`, async () => {
    const contact = { ...person(freshName()), [missing]: undefined };
    const response = await newContact(contact);
    assert.equal(response.status, 400);
    assert.equal(response.body.errors[0].code, 'data_invalid');
    assert.equal(response.body.errors[0].field, `contact.${missing}`);
    assert.match(response.body.errors[0].message, /could not be created/);
  });
}

test('row 10: known user without name and email gets 200 and keeps its fields', async () => {
  const name = freshName();
  const first = await newContact(person(name));
  const second = await newContact({ type: 'user', external_id: name });
  assert.equal(second.status, 200);
  assert.equal(second.body.contact_id, first.body.contact_id);
  assert.equal((await readContact(first.body.contact_id)).email, `${name}@example.com`);
});

test('row 10: require_user_identity off creates a user without name and email', async () => {
  await database.sql('update channels set require_user_identity = false');
  // A server caches a channel's switches for a moment, unless it has not seen the token yet.
  const response = await lenient.notify('new_conversation', {
    contact: { type: 'user', external_id: freshName() },
  });
  await database.sql('update channels set require_user_identity = true');
  assert.equal(response.status, 200);
  assert.equal((await readContact(response.body.contact_id)).role, 'user');
});

test('row 11: lead with the name and e-mail of another contact is stored', async () => {
  const user = person(freshName());
  await newContact(user);
  const lead = { ...user, type: 'lead', external_id: freshName() };
  const response = await newContact(lead);
  assert.equal(response.status, 200);
  const contact = await readContact(response.body.contact_id);
  assert.deepEqual([contact.role, contact.email], ['lead', user.email]);
});

test('row 12: lead with an external_id only has name and email null', async () => {
  const response = await newContact({ type: 'lead', external_id: freshName() });
  const contact = await readContact(response.body.contact_id);
  assert.deepEqual([response.status, contact.name, contact.email], [200, null, null]);
});

test('row 13: known contact gets its new name and e-mail', async () => {
  const name = freshName();
  const first = await newContact(person(name));
  await newContact({ ...person(name), name: 'Renamed', email: 'renamed@example.com' });
  const contact = await readContact(first.body.contact_id);
  assert.deepEqual([contact.name, contact.email], ['Renamed', 'renamed@example.com']);
});

for (const [what, value] of Object.entries({
  empty: '',
  null: null,
  absent: undefined,
  blank: ' ',
})) {
  test(`row 13: known contact with ${what} name and e-mail keeps the old values`, async () => {
    const name = freshName();
    const first = await newContact(person(name));
    const again = await newContact({ ...person(name), name: value, email: value });
    assert.equal(again.status, 200);
    const contact = await readContact(first.body.contact_id);
    assert.deepEqual([contact.name, contact.email], [`Name of ${name}`, `${name}@example.com`]);
  });
}

test('row 14: e-mail of another user is allowed', async () => {
  const email = 'shared@example.com';
  const first = await newContact({ ...person(freshName()), email });
  const second = await newContact({ ...person(freshName()), email });
  assert.equal(second.status, 200);
  assert.notEqual(first.body.contact_id, second.body.contact_id);
});

test('row 15: lead becomes user and stays the same contact, with signed_up_at', async () => {
  const name = freshName();
  const lead = await newContact({ type: 'lead', external_id: name });
  assert.equal((await readContact(lead.body.contact_id)).signed_up_at, null);
  const user = await newContact(person(name));
  assert.equal(user.body.contact_id, lead.body.contact_id);
  const contact = await readContact(user.body.contact_id);
  assert.equal(contact.role, 'user');
  assert.equal(typeof contact.signed_up_at, 'number');
});

test('row 15: lead with stored name and e-mail becomes user without sending them again', async () => {
  const name = freshName();
  const lead = await newContact({ ...person(name), type: 'lead' });
  const user = await newContact({ type: 'user', external_id: name });
  assert.deepEqual([user.status, user.body.contact_id], [200, lead.body.contact_id]);
  assert.equal((await readContact(user.body.contact_id)).role, 'user');
});

test('row 15: nameless lead sent as user without name gets 400 and stays a lead', async () => {
  const name = freshName();
  const lead = await newContact({ type: 'lead', external_id: name });
  const user = await newContact({ type: 'user', external_id: name });
  assert.equal(user.status, 400);
  assert.equal((await readContact(lead.body.contact_id)).role, 'lead');
});

test('row 16: user notified as lead stays user', async () => {
  const name = freshName();
  const user = await newContact(person(name));
  const lead = await newContact({ ...person(name), type: 'lead' });
  assert.deepEqual([lead.status, lead.body.contact_id], [200, user.body.contact_id]);
  assert.equal((await readContact(user.body.contact_id)).role, 'user');
});

for (const type of [undefined, null, '', 'contact', 'User', 'USER', 'admin']) {
  test(`row 17: contact.type ${JSON.stringify(type)} gets 400 parameter_invalid`, async () => {
    const response = await newContact({ ...person(freshName()), type });
    assert.equal(response.status, 400);
    assert.equal(response.body.errors[0].code, 'parameter_invalid');
    assert.equal(response.body.errors[0].field, 'contact.type');
  });
}

const longLocalPart = `${'x'.repeat(250)}@example.com`;
for (const email of [
  'jane',
  'a@b@c',
  '@example.com',
  'jane@',
  'ja ne@example.com',
  'a\u0007@b.c',
  longLocalPart,
]) {
  test(`row 18: e-mail ${JSON.stringify(email.slice(0, 20))} gets 400 parameter_invalid`, async () => {
    const response = await newContact({ ...person(freshName()), email });
    assert.equal(response.status, 400);
    assert.equal(response.body.errors[0].code, 'parameter_invalid');
    assert.equal(response.body.errors[0].field, 'contact.email');
  });
}

test('row 18: e-mail with capitals is stored as given', async () => {
  const response = await newContact({ ...person(freshName()), email: 'Jane.Doe@Example.COM' });
  assert.equal((await readContact(response.body.contact_id)).email, 'Jane.Doe@Example.COM');
});

test('row 19: archived contact is unarchived when it writes', async () => {
  const name = freshName();
  const first = await newContact(person(name));
  await database.sql('update contacts set archived_at = now() where id = $1', [
    first.body.contact_id,
  ]);
  const again = await newContact(person(name));
  assert.deepEqual([again.status, again.body.contact_id], [200, first.body.contact_id]);
  const [row] = await database.sql<{ archived_at: number | null }>(
    'select archived_at from contacts where id = $1',
    [first.body.contact_id],
  );
  assert.equal(row?.archived_at, null);
});

test('row 19: blocked contact gets 400 not_restorable', async () => {
  const name = freshName();
  const first = await newContact(person(name));
  await database.sql('update contacts set blocked_at = now() where id = $1', [
    first.body.contact_id,
  ]);
  const again = await newContact(person(name));
  assert.equal(again.status, 400);
  assert.equal(again.body.errors[0].code, 'not_restorable');
});

test('row 19: deleted contact is replaced by a new one with its external id', async () => {
  const name = freshName();
  const first = await newContact(person(name));
  await database.sql('update contacts set external_id = null where id = $1', [
    first.body.contact_id,
  ]);
  const again = await newContact(person(name));
  assert.equal(again.status, 200);
  assert.notEqual(again.body.contact_id, first.body.contact_id);
});
