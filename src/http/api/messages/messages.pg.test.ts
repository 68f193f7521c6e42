// Conversations that begin over the REST API, and messages of teammates: through the official SDK and on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { type ApiResponse, nextNumber, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;

async function someone(role: 'user' | 'lead' = 'user') {
  const number = nextNumber();
  const contact = await client.contacts.create({
    role,
    external_id: `addressee_${number}`,
    name: 'Ada',
    email: `addressee_${number}@example.com`,
  });
  return { id: contact.id!, externalId: contact.external_id!, email: contact.email! };
}

const eventsOf = async (id: string) =>
  (
    await database.sql<{ body: string }>(
      'select body from outbound_events where conversation_id = $1 order by sequence',
      [id],
    )
  ).map(({ body }) => JSON.parse(body));
const partsOf = ({ conversation_parts: list }: Intercom.Conversation) =>
  list!.conversation_parts!.map((part) => [part.part_type, part.author!.type, part.body]);
const fault = ({ status, body }: ApiResponse) => [
  status,
  body.errors[0].code,
  body.errors[0].field,
];

test('create: a contact begins a conversation, and the app goes on in it', async () => {
  const { id, externalId, email } = await someone();
  const created = await client.conversations.create({
    from: { type: 'user', id },
    body: 'Hello there',
  });
  const conversationId = created.conversation_id!;
  assert.partialDeepStrictEqual(created, {
    type: 'user_message',
    id: conversationId,
    body: 'Hello there',
    message_type: 'inapp',
  });
  const found = await client.conversations.find({ conversation_id: conversationId });
  assert.deepEqual(partsOf(found), [['comment', 'user', '<p>Hello there</p>']]);
  assert.equal(found.source!.id, created.id);
  assert.deepEqual([found.state, found.statistics!.count_conversation_parts], ['open', 1]);
  assert.deepEqual(await eventsOf(conversationId), []);

  await client.conversations.reply({
    conversation_id: conversationId,
    body: { message_type: 'comment', type: 'admin', admin_id: me, body: 'Hi!' },
  });
  const [event] = await eventsOf(conversationId);
  assert.match(event.external_conversation_id, /^parley-/);
  const { status, body } = await notify('new_message', {
    external_conversation_id: event.external_conversation_id,
    contact: { type: 'user', external_id: externalId, name: 'Ada', email },
    body: 'Thanks',
  });
  assert.deepEqual([status, body.conversation_id], [200, conversationId]);
});

test('create: created_at dates the conversation; a lead and other names work', async () => {
  const lead = await someone('lead');
  const day = Math.floor(Date.now() / 1000) - 86_400;
  const { status, body } = await call('POST', '/conversations', {
    from: { type: 'lead', user_id: lead.externalId },
    body: 'Long ago',
    subject: 'Parcel',
    created_at: day,
    attachment_urls: null,
  });
  assert.deepEqual([status, body.created_at, body.subject], [200, day, 'Parcel']);
  const found = await client.conversations.find({ conversation_id: body.conversation_id });
  assert.deepEqual([found.created_at, found.title], [day, 'Parcel']);
  const { email } = await someone();
  const byEmail = await call('POST', '/conversations', {
    from: { type: 'contact', email: email.toUpperCase() },
    body: 'x',
  });
  assert.equal(byEmail.status, 200);
});

test('create: unknown and blocked contacts, and missing fields, are errors', async () => {
  const from = { type: 'user', id: '6a11c0de000000000003e8ff' };
  const post = (body: object) => call('POST', '/conversations', body);
  assert.deepEqual(fault(await post({ from, body: 'x' })), [404, 'not_found', 'from']);
  assert.equal((await post({ from: { ...from, id: 'x' }, body: 'x' })).status, 404);
  assert.deepEqual(fault(await post({ from })), [400, 'parameter_invalid', 'body']);
  assert.deepEqual(fault(await post({ body: 'x' })), [400, 'parameter_invalid', 'from']);
  const blocked = await someone();
  await client.contacts.blockContact({ contact_id: blocked.id });
  const refused = await post({ from: { type: 'user', id: blocked.id }, body: 'x' });
  assert.deepEqual([refused.status, refused.body.errors[0].code], [400, 'not_restorable']);
});

test('messages: a teammate writes in the app, and the app gets the message', async () => {
  const { id, externalId } = await someone();
  const sent = await client.messages.create({
    message_type: 'inapp',
    body: 'Your parcel is here',
    from: { type: 'admin', id: Number(me) },
    to: { type: 'user', id },
    create_conversation_without_contact_reply: true,
  });
  assert.partialDeepStrictEqual(sent, {
    type: 'admin_message',
    message_type: 'inapp',
    body: 'Your parcel is here',
    owner: { type: 'admin', id: me },
  });
  const { conversations } = await client.conversations
    .search({ query: { field: 'source.id', operator: '=', value: sent.id } })
    .then(({ response }) => response);
  assert.deepEqual(
    conversations!.map((one) => one!.id),
    [sent.conversation_id],
  );
  const [event] = await eventsOf(sent.conversation_id!);
  assert.partialDeepStrictEqual(event, {
    event_name: 'new_message',
    contact: { id, external_id: externalId },
    message: { body_text: 'Your parcel is here', author: { type: 'admin', id: me } },
  });
});

test('messages: several recipients share a conversation, and a contact may write', async () => {
  const [one, two, three] = [await someone(), await someone('lead'), await someone()];
  const from = { type: 'admin', id: me };
  const group = await call('POST', '/messages', {
    from,
    to: [
      { type: 'user', id: one.id },
      { type: 'lead', id: two.id },
      { type: 'user', id: one.id },
    ],
    cc: { type: 'user', id: three.id },
    message_type: 'conversation',
    body: 'Hello all',
  });
  assert.equal(group.status, 200);
  const found = await client.conversations.find({ conversation_id: group.body.conversation_id });
  assert.deepEqual(
    found.contacts.contacts!.map((contact) => contact.id),
    [one.id, two.id, three.id],
  );
  const said = await call('POST', '/messages', {
    from: { type: 'lead', id: two.id },
    body: 'heyy',
    referer: 'https://example.com/',
  });
  assert.partialDeepStrictEqual(said.body, { type: 'user_message', message_type: 'inapp' });
});

test('messages: a conversation has at most 100 contacts, those of to and cc', async () => {
  const people = await Promise.all(Array.from({ length: 101 }, () => someone('lead')));
  const named = people.map(({ id }) => ({ type: 'lead', id }));
  const send = (to: object[], cc: object[]) =>
    call('POST', '/messages', { from: { type: 'admin', id: Number(me) }, body: 'x', to, cc });
  const all = await send(named.slice(0, 60), named.slice(60));
  assert.deepEqual(fault(all), [422, 'data_invalid', 'to']);
  assert.equal((await send(named.slice(0, 60), named.slice(0, 60))).status, 200);
});

test('messages: an e-mail needs a subject, which becomes the title', async () => {
  const { id, externalId } = await someone();
  const from = { type: 'admin', id: Number(me) };
  const post = (body: object) =>
    call('POST', '/messages', { message_type: 'email', from, ...body });
  const to = { type: 'user', user_id: externalId };
  const body = 'hey there';
  assert.deepEqual(fault(await post({ to, body })), [422, 'parameter_not_found', 'subject']);
  const empty = await post({ to, subject: 'heyy', body: null });
  assert.deepEqual(fault(empty), [400, 'parameter_invalid', 'body']);
  assert.equal(empty.body.errors[0].message, 'Body is required');
  assert.deepEqual(fault(await post({ subject: 'a', body })), [400, 'parameter_invalid', 'to']);
  const hidden = await post({ subject: 'a', body, to, bcc: to });
  assert.deepEqual(fault(hidden), [422, 'data_invalid', 'bcc']);
  const unknown = await post({ subject: 'a', body, to, from: { ...from, id: 98_765 } });
  assert.deepEqual(fault(unknown), [404, 'admin_not_found', 'from.id']);
  const sent = await client.messages.create({
    message_type: 'email',
    subject: 'Thanks',
    body,
    template: 'plain',
    from: { type: 'admin', id: Number(me) },
    to: { type: 'user', id },
  });
  assert.deepEqual([sent.message_type, sent.subject], ['email', 'Thanks']);
  const found = await client.conversations.find({ conversation_id: sent.conversation_id! });
  assert.equal(found.title, 'Thanks');
});

test('create: a repeat with an idempotency key begins one conversation', async () => {
  const { id } = await someone();
  const post = () =>
    call(
      'POST',
      '/conversations',
      { from: { type: 'user', id }, body: 'Once' },
      { 'idempotency-key': `begin-${id}` },
    );
  const [first, second] = await Promise.all([post(), post()]);
  assert.deepEqual(first.body, second.body);
  const rows = await database.sql('select 1 from conversations where contact_id = $1', [id]);
  assert.equal(rows.length, 1);
});
