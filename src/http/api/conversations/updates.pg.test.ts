// Changes of a conversation in which no person speaks: update, contacts that join and leave, redaction, assignment
// rules, tickets; through the official SDK and on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { applyForTest } from '../../../../test/support/apply.ts';
import { openTestDatabase } from '../../../../test/support/postgres.ts';
import {
  type ApiResponse,
  nextNumber,
  person,
  startTestParley,
} from '../../../../test/support/server.ts';

const database = await openTestDatabase();
await applyForTest(database, {
  workspace: 'default',
  data_attributes: [{ name: 'order number', type: 'integer' }],
});
const { url, token, call, notify } = await startTestParley({}, database);
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const { conversations } = client;
const me = (await client.admins.identify())!.id!;

async function begin() {
  const number = nextNumber();
  const contact = person(`updated_${number}`);
  const externalId = `updates_${number}`;
  const { body } = await notify('new_conversation', {
    external_conversation_id: externalId,
    contact,
  });
  return { contact, externalId, id: body.conversation_id, contactId: body.contact_id };
}

const eventsOf = (id: string) =>
  database.sql<{ name: string; body: string }>(
    'select name, body from outbound_events where conversation_id = $1 order by sequence',
    [id],
  );
const fault = ({ status, body }: ApiResponse) => [
  status,
  body.errors[0].code,
  body.errors[0].field,
];

test('update: sets title, read and attributes, with a part for each attribute', async () => {
  const { id } = await begin();
  const updated = await conversations.update({
    conversation_id: id,
    read: true,
    title: 'Lost parcel',
    custom_attributes: { 'order number': '1001', vip: true as never },
  });
  assert.deepEqual(
    [updated.title, updated.read, updated.custom_attributes],
    ['Lost parcel', true, { 'order number': 1001, vip: true }],
  );
  const parts = updated.conversation_parts!.conversation_parts!.map((part) => [
    part.part_type,
    part.author!.type,
    part.event_details,
  ]);
  const type = 'conversation_attribute_updated_by_admin';
  assert.deepEqual(parts, [
    [type, 'bot', { attribute: { name: 'order number' }, value: { name: '1001' } }],
    [type, 'bot', { attribute: { name: 'vip' }, value: { name: 'true' } }],
  ]);
  assert.deepEqual(await eventsOf(id), []);

  const path = `/conversations/${id}`;
  const again = await call('PUT', path, { custom_attributes: { vip: true }, read: true });
  assert.equal(again.body.conversation_parts.total_count, 2);
  const cleared = await call('PUT', path, { custom_attributes: { vip: null }, title: '' });
  assert.deepEqual(
    [cleared.body.title, cleared.body.custom_attributes],
    [null, { 'order number': 1001 }],
  );
  assert.equal((await call('PUT', path)).status, 200);
});

test('update: display_as=plaintext returns texts as they were sent', async () => {
  const { id, contactId } = await begin();
  await conversations.reply({
    conversation_id: id,
    body: { message_type: 'comment', type: 'user', intercom_user_id: contactId, body: 'a < b' },
  });
  const plain = await conversations.update({ conversation_id: id, display_as: 'plaintext' });
  assert.equal(plain.conversation_parts!.conversation_parts![0]!.body, 'a < b');
  const html = await conversations.update({ conversation_id: id });
  assert.equal(html.conversation_parts!.conversation_parts![0]!.body, '<p>a &lt; b</p>');
});

test('update: rejects what does not fit and writes nothing', async () => {
  const { id } = await begin();
  const cases: [object, readonly unknown[]][] = [
    [
      { title: 'x', custom_attributes: { 'order number': 'many' } },
      [422, 'data_invalid', 'custom_attributes.order number'],
    ],
    [{ custom_attributes: { list: [1] } }, [422, 'type_mismatch', 'custom_attributes.list']],
    [{ title: 'x'.repeat(256) }, [400, 'parameter_invalid', 'title']],
    [{ read: 'yes' }, [422, 'type_mismatch', 'read']],
    [{ company_id: '7' }, [422, 'data_invalid', 'company_id']],
  ];
  for (const [body, expected] of cases) {
    assert.deepEqual(fault(await call('PUT', `/conversations/${id}`, body)), expected);
  }
  const many = Object.fromEntries(Array.from({ length: 251 }, (_, i) => [`name ${i}`, i]));
  assert.equal(
    (await call('PUT', `/conversations/${id}`, { custom_attributes: many })).status,
    400,
  );
  const found = await conversations.find({ conversation_id: id });
  assert.deepEqual([found.title, found.custom_attributes], [null, {}]);
  const unknown = await call('PUT', '/conversations/987654', { title: 'x' });
  assert.deepEqual(fault(unknown), [404, 'not_found', null]);
});

test('customers: a contact joins by each of three names, writes and leaves', async () => {
  const { id, externalId, contactId } = await begin();
  const [second, third] = [await begin(), await begin()];
  const attach = (customer: object) =>
    call('POST', `/conversations/${id}/customers`, { admin_id: me, customer });
  const first = await conversations.attachContactAsAdmin({
    conversation_id: id,
    admin_id: me,
    customer: { intercom_user_id: second.contactId },
  });
  assert.deepEqual(
    first.contacts.contacts!.map((contact) => contact.id),
    [contactId, second.contactId],
  );
  assert.equal((await attach({ user_id: third.contact.external_id })).status, 200);
  const lead = await attach({ email: `newcomer_${id}@example.com` });
  assert.equal(lead.body.customers.length, 4);
  const repeated = await attach({ email: `newcomer_${id}@example.com` });
  assert.deepEqual(repeated.body.customers, lead.body.customers);

  // An attached contact speaks, over REST and as an event of the app.
  const said = await conversations.reply({
    conversation_id: id,
    body: {
      message_type: 'comment',
      type: 'user',
      intercom_user_id: second.contactId,
      body: 'Me too',
    },
  });
  const part = said.conversation_parts!.conversation_parts!.at(-1)!;
  assert.deepEqual([part.author!.id, part.body], [second.contactId, '<p>Me too</p>']);
  const event = await notify('new_message', {
    external_conversation_id: externalId,
    contact: third.contact,
    body: 'And me',
  });
  assert.equal(event.status, 200);

  const left = await conversations.detachContactAsAdmin({
    conversation_id: id,
    contact_id: contactId,
    admin_id: me,
  });
  assert.deepEqual(
    left.contacts.contacts!.map((contact) => contact.id),
    lead.body.customers.slice(1).map((one: { id: string }) => one.id),
  );
  const actions = await database.sql<{ action: string; related_id: string }>(
    `select action, related_id from audit_log where object_id = $1 order by id`,
    [id],
  );
  assert.deepEqual(actions.at(-1), {
    action: 'conversation.contact_detached',
    related_id: contactId,
  });
  assert.equal(actions.length, 4);
});

test('customers: `last` finds the conversation of a contact who only joined', async () => {
  const { id } = await begin();
  const joined = await call('POST', '/contacts', { external_id: `joined_${nextNumber()}` });
  const contactId = joined.body.id;
  const says = () =>
    call('POST', '/conversations/last/reply', {
      message_type: 'comment',
      type: 'user',
      intercom_user_id: contactId,
      body: 'Me too',
    });
  assert.equal((await says()).status, 404);
  const customer = { intercom_user_id: contactId };
  await call('POST', `/conversations/${id}/customers`, { admin_id: me, customer });
  const said = await says();
  assert.deepEqual([said.status, said.body.id], [200, id]);
  await call('DELETE', `/conversations/${id}/customers/${contactId}`, { admin_id: me });
  assert.equal((await says()).status, 404);
});

test('customers: the last contact stays, unknown ones are 404', async () => {
  const { id, contactId } = await begin();
  const path = `/conversations/${id}/customers`;
  const last = await call('DELETE', `${path}/${contactId}`, { admin_id: me });
  assert.deepEqual(fault(last), [422, 'parameter_invalid', 'contact_id']);
  assert.equal(last.body.errors[0].message, 'Removing the last customer is not allowed');
  const nobody = '6a11c0de000000000003e8ff';
  assert.equal((await call('DELETE', `${path}/${nobody}`)).status, 404);
  const attach = (customer: object, more: object = {}) => call('POST', path, { ...more, customer });
  assert.equal((await attach({ intercom_user_id: nobody })).status, 404);
  assert.deepEqual(fault(await attach({})), [400, 'parameter_invalid', 'customer']);
  const byStranger = await attach({ email: 'x@example.com' }, { admin_id: '987' });
  assert.deepEqual(fault(byStranger), [404, 'admin_not_found', 'admin_id']);
  const gone = await call('POST', '/conversations/987654/customers', {
    customer: { email: 'never_made@example.com' },
  });
  assert.equal(gone.status, 404);
  const [made] = await database.sql<{ count: number }>(
    `select count(*)::int as count from contacts where email = 'never_made@example.com'`,
  );
  assert.equal(made!.count, 0);
});

test('customers, replies, messages: an invalid e-mail is 400 and creates no lead', async () => {
  const { id } = await begin();
  const count = async () => (await call('GET', '/contacts?per_page=1')).body.total_count;
  const before = await count();
  for (const email of ['not an email', 'a\u0000@example.com', 'tab\t@example.com', 'a@b@c']) {
    const from = { type: 'user', email };
    for (const [path, body, field] of [
      [`/conversations/${id}/customers`, { customer: { email } }, 'customer.email'],
      [
        `/conversations/${id}/reply`,
        { type: 'user', message_type: 'comment', body: 'x', email },
        'email',
      ],
      ['/conversations', { from, body: 'x' }, 'from.email'],
      ['/messages', { from, body: 'x' }, 'from.email'],
    ] as const) {
      assert.deepEqual(fault(await call('POST', path, body)), [400, 'parameter_invalid', field]);
    }
  }
  assert.equal(await count(), before);
  const surrogate = { customer: { email: `\ud800${nextNumber()}@example.com` } };
  const attached = await call('POST', `/conversations/${id}/customers`, surrogate);
  const lead = await call('GET', `/contacts/${attached.body.contacts.contacts.at(-1).id}`);
  assert.match(lead.body.email, /^\ufffd\d+@example\.com$/);
});

test('redact: removes the text of a part once and tells the app', async () => {
  const { id } = await begin();
  const said = await conversations.reply({
    conversation_id: id,
    body: { message_type: 'comment', type: 'admin', admin_id: me, body: 'My card is 4111' },
  });
  const partId = said.conversation_parts!.conversation_parts![0]!.id!;
  const redacted = await conversations.redactConversationPart({
    type: 'conversation_part',
    conversation_id: id,
    conversation_part_id: partId,
  });
  const [part] = redacted.conversation_parts!.conversation_parts!;
  assert.deepEqual([part!.body, part!.redacted], [null, true]);
  const again = await call('POST', '/conversations/redact', {
    type: 'conversation_part',
    conversation_id: Number(id),
    conversation_part_id: Number(partId),
  });
  assert.equal(again.status, 200);
  const events = await eventsOf(id);
  assert.deepEqual(
    events.map(({ name }) => name),
    ['new_message', 'message_redacted'],
  );
  assert.deepEqual(JSON.parse(events[1]!.body).message, { id: partId });
  const [stored] = await database.sql<{ body: string | null }>(
    'select body from conversation_parts where id = $1',
    [partId],
  );
  assert.equal(stored!.body, null);
});

test('redact: the app, which saw no note, gets no event about one', async () => {
  const { id } = await begin();
  const said = await conversations.reply({
    conversation_id: id,
    body: { message_type: 'note', type: 'admin', admin_id: me, body: 'Rude.' },
  });
  const { status, body } = await call('POST', '/conversations/redact', {
    type: 'conversation_part',
    conversation_id: id,
    conversation_part_id: said.conversation_parts!.conversation_parts![0]!.id,
  });
  assert.deepEqual([status, body.conversation_parts.conversation_parts[0].redacted], [200, true]);
  assert.deepEqual(await eventsOf(id), []);
});

test('redact: unknown parts and the empty source are errors', async () => {
  const { id } = await begin();
  const other = await begin();
  const redact = (body: object) =>
    call('POST', '/conversations/redact', { conversation_id: id, ...body });
  const notFound = 'conversation_part_or_message_not_found';
  const part = { type: 'conversation_part', conversation_part_id: 'really_123_doesnt_exist' };
  assert.deepEqual(fault(await redact(part)), [404, notFound, 'conversation_part_id']);
  const gone = await redact({ ...part, conversation_id: 'really_123_doesnt_exist' });
  assert.deepEqual(fault(gone), [404, notFound, 'conversation_id']);
  const source = await redact({ type: 'source', source_id: id });
  assert.deepEqual(fault(source), [400, 'conversation_part_not_redactable', 'source_id']);
  const theirs = await redact({ type: 'source', source_id: other.id });
  assert.deepEqual(fault(theirs), [404, notFound, 'source_id']);
});

test('assignment rules: answer the conversation; tickets: a clear 400', async () => {
  const { id } = await begin();
  const found = await conversations.find({ conversation_id: id });
  assert.deepEqual(await conversations.runAssignmentRules({ conversation_id: id }), found);
  assert.equal((await call('POST', `/conversations/${id}/run_assignment_rules`, {})).status, 200);
  const ticket = await call('POST', `/conversations/${id}/convert`, { ticket_type_id: '1' });
  assert.equal(ticket.status, 400);
  assert.match(ticket.body.errors[0].message, /does not serve tickets/);
  assert.equal((await call('POST', '/conversations/9876/convert', {})).status, 404);
});
