// Replies of contacts and teammates over REST: choices of buttons, times in the past, changes that Ruby's client sends
// to /reply, and concurrent replies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;
const admin = { type: 'admin', admin_id: me } as const;

async function begin() {
  const number = nextNumber();
  const contact = person(`replier_${number}`);
  const { body } = await notify('new_conversation', {
    external_conversation_id: `replies_${number}`,
    contact,
  });
  return { contact, id: body.conversation_id as string, contactId: body.contact_id as string };
}

const partsOf = (conversation: Intercom.Conversation) =>
  conversation.conversation_parts!.conversation_parts!.map((part) => [part.part_type, part.body]);

const eventsOf = async (id: string) =>
  (
    await database.sql<{ name: string }>(
      'select name from outbound_events where conversation_id = $1 order by sequence',
      [id],
    )
  ).map(({ name }) => name);

test('reply: a contact chooses a button of a teammate, without a body', async () => {
  const { id, contactId } = await begin();
  const yes = { text: 'Yes', uuid: 'a5e1c524-5ddd-4c3e-9328-6bca5d6e3edb' };
  await client.conversations.reply({
    conversation_id: id,
    body: { ...admin, message_type: 'quick_reply', reply_options: [yes] },
  });
  const choice = { message_type: 'quick_reply', type: 'user', intercom_user_id: contactId };
  const chosen = await call('POST', `/conversations/${id}/reply`, {
    ...choice,
    reply_options: [yes],
  });
  assert.equal(chosen.status, 200);
  const part = chosen.body.conversation_parts.conversation_parts.at(-1);
  assert.deepEqual(
    [part.part_type, part.body, part.author.id, part.metadata],
    [
      'comment',
      '<p>Yes</p>',
      contactId,
      { quick_reply_uuid: yes.uuid, quick_reply_option_uuid: yes.uuid },
    ],
  );
  assert.deepEqual(await eventsOf(id), ['quick_replies_presented']);
  const other = await call('POST', `/conversations/${id}/reply`, {
    ...choice,
    reply_options: [{ text: 'No', uuid: 'never-offered' }],
  });
  assert.deepEqual([other.status, other.body.errors[0].field], [422, 'reply_options.0.uuid']);
});

test('reply: a choice reopens the closed last conversation', async () => {
  const { id, contact } = await begin();
  const options = [{ text: 'Again', uuid: 'again' }];
  await client.conversations.reply({
    conversation_id: id,
    body: { ...admin, message_type: 'quick_reply', reply_options: options },
  });
  await client.conversations.manage({
    conversation_id: id,
    body: { ...admin, message_type: 'close' },
  });
  const { body } = await call('POST', '/conversations/last/reply', {
    message_type: 'comment',
    type: 'user',
    user_id: contact.external_id,
    body: 'Again',
    reply_options: options,
  });
  assert.deepEqual([body.id, body.state, body.statistics.count_reopens], [id, 'open', 1]);
  assert.deepEqual(partsOf(body).at(-1), ['open', '<p>Again</p>']);
});

test('reply: created_at dates a reply, and the future counts as now', async () => {
  const { id, contactId } = await begin();
  const said = { message_type: 'comment', type: 'user', intercom_user_id: contactId } as const;
  const now = Math.floor(Date.now() / 1000);
  const day = now - 86_400;
  const reply = (body: Intercom.ReplyConversationRequest) =>
    client.conversations.reply({ conversation_id: id, body });
  await reply({ ...said, body: 'one', created_at: day });
  await reply({ ...admin, message_type: 'comment', body: 'two', created_at: day + 60 });
  await reply({ ...admin, message_type: 'note', body: 'three', created_at: day + 120 });
  const found = await reply({ ...said, body: 'four', created_at: now + 86_400 });
  const times = found.conversation_parts!.conversation_parts!.map(({ created_at: at }) => at!);
  assert.deepEqual(times.slice(0, 3), [day, day + 60, day + 120]);
  assert.ok(times[3]! >= now && times[3]! <= now + 60, String(times[3]));
  const { statistics, updated_at: updatedAt } = found;
  assert.equal(statistics!.first_contact_reply_at, day);
  assert.ok(updatedAt! >= now);
  const [event] = await database.sql<{ body: string }>(
    'select body from outbound_events where conversation_id = $1',
    [id],
  );
  assert.equal(
    JSON.parse(event!.body).message.created_at_ms,
    new Date((day + 60) * 1000).toISOString(),
  );
});

test('reply: one from the past moves no time backwards', async () => {
  const { id, contactId } = await begin();
  const past = 1_700_000_000;
  const said = { message_type: 'comment', type: 'user', intercom_user_id: contactId } as const;
  const reply = (body: Intercom.ReplyConversationRequest) =>
    client.conversations.reply({ conversation_id: id, body });
  const before = (await reply({ ...said, body: 'now' })) as Intercom.Conversation;
  const after = await reply({ ...said, body: 'then', created_at: past });
  assert.equal(after.waiting_since, before.waiting_since);
  assert.equal(after.statistics!.first_contact_reply_at, past);
  assert.equal(after.statistics!.last_contact_reply_at, before.statistics!.last_contact_reply_at);
  const contact = await client.contacts.find({ contact_id: contactId });
  assert.equal(contact.last_replied_at, before.statistics!.last_contact_reply_at);
  await reply({ ...admin, message_type: 'comment', body: 'An answer' });
  await call('POST', `/conversations/${id}/parts`, { ...admin, message_type: 'close' });
  const reopened = await reply({ ...said, body: 'long ago', created_at: past + 60 });
  assert.ok(reopened.waiting_since! >= before.waiting_since!, String(reopened.waiting_since));
});

test('reply: the Ruby client closes, opens, snoozes and assigns with it', async () => {
  const { id } = await begin();
  const until = Math.floor(Date.now() / 1000) + 3600;
  const ruby = (body: object) =>
    call(
      'POST',
      `/conversations/${id}/reply`,
      { id, ...body },
      { accept: 'application/vnd.intercom.3+json' },
    );
  const changes: [object, object][] = [
    [{ message_type: 'assignment', assignee_id: me }, { admin_assignee_id: Number(me) }],
    [
      { message_type: 'snoozed', snoozed_until: `${until}` },
      { state: 'snoozed', snoozed_until: until },
    ],
    [{ message_type: 'open' }, { state: 'open', snoozed_until: null }],
    [
      { message_type: 'close', body: 'Bye.' },
      { state: 'closed', open: false },
    ],
  ];
  for (const [change, expected] of changes) {
    const { status, body } = await ruby({ ...admin, ...change });
    assert.equal(status, 200, JSON.stringify(body));
    assert.partialDeepStrictEqual(body, expected);
  }
  const unassigned = await ruby({
    ...admin,
    message_type: 'assignment',
    type: 'team',
    assignee_id: 0,
  });
  assert.deepEqual([unassigned.status, unassigned.body.admin_assignee_id], [200, null]);
});

test('reply: twenty concurrent ones are all kept', async () => {
  const { id, contactId } = await begin();
  const bodies = Array.from({ length: 20 }, (_, index) => `word ${index}`);
  const replies = await Promise.all(
    bodies.map((body, index) =>
      client.conversations.reply({
        conversation_id: id,
        body:
          index % 2 === 0
            ? { ...admin, message_type: 'comment', body }
            : { message_type: 'comment', type: 'user', intercom_user_id: contactId, body },
      }),
    ),
  );
  assert.equal(replies.length, 20);
  const found = await client.conversations.find({ conversation_id: id, display_as: 'plaintext' });
  const texts = found.conversation_parts!.conversation_parts!.map(({ body }) => body);
  assert.deepEqual(texts.toSorted(), bodies.toSorted());
});
