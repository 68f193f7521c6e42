// Teammate actions through the unchanged official SDK over a real socket: reply, manage, admins and teams, and the
// error class for each status.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient, IntercomError } from 'intercom-client';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { url, token, database } = await startTestParley();
await database.sql(`insert into teams (workspace_id, name) select id, 'Orders' from workspaces`);
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const { conversations } = client;
const me = (await client.admins.identify())!.id!;

async function begin() {
  const number = nextNumber();
  const contact = { ...person(`sdk_partner_${number}`), type: 'user' as const };
  const base = { external_conversation_id: `sdk_talk_${number}`, contact };
  const ids = await client.customChannelEvents.notifyNewConversation({
    ...base,
    event_id: `sdk_talk_event_${number}`,
  });
  return { contact, conversation_id: ids.conversation_id, contactId: ids.contact_id };
}
const partsOf = (conversation: Intercom.Conversation) =>
  conversation.conversation_parts!.conversation_parts!.map((part) => [part.part_type, part.body]);

test('SDK: a teammate replies, notes, offers buttons, assigns, snoozes, opens, closes', async () => {
  const { conversation_id: id } = await begin();
  const admin = { type: 'admin' as const, admin_id: me };
  const reply = (body: Omit<Intercom.AdminReplyConversationRequest, 'type' | 'admin_id'>) =>
    conversations.reply({ conversation_id: id, body: { ...admin, ...body } });
  await reply({ message_type: 'comment', body: 'Hello!' });
  await reply({ message_type: 'note', body: 'A regular.' });
  await reply({ message_type: 'quick_reply', reply_options: [{ text: 'Yes', uuid: 'yes' }] });

  const manage = (body: Intercom.ConversationsManageRequestBody) =>
    conversations.manage({ conversation_id: id, body });
  const { teams } = await client.teams.list();
  const assigned = await manage({
    ...admin,
    message_type: 'assignment',
    type: 'team',
    assignee_id: teams![0]!.id!,
    body: 'Orders takes over.',
  });
  assert.equal(Number(assigned.team_assignee_id), Number(teams![0]!.id));
  const until = Math.floor(Date.now() / 1000) + 3600;
  const snoozed = await manage({
    message_type: 'snoozed',
    admin_id: me,
    snoozed_until: until,
  });
  assert.deepEqual([snoozed.state, snoozed.snoozed_until], ['snoozed', until]);
  assert.equal((await manage({ message_type: 'open', admin_id: me })).state, 'open');
  const closed = await manage({ ...admin, message_type: 'close', body: 'Bye.' });
  assert.deepEqual([closed.state, closed.open], ['closed', false]);
  assert.deepEqual(partsOf(closed), [
    ['comment', '<p>Hello!</p>'],
    ['note', '<p>A regular.</p>'],
    ['quick_reply', null],
    ['assignment', '<p>Orders takes over.</p>'],
    ['snoozed', null],
    ['open', null],
    ['close', '<p>Bye.</p>'],
  ]);
  assert.deepEqual(await conversations.find({ conversation_id: id }), closed);
});

test('SDK: a contact replies by each of three ids, and to its last conversation', async () => {
  const { conversation_id: id, contact, contactId } = await begin();
  const said = { message_type: 'comment', type: 'user' } as const;
  await conversations.reply({
    conversation_id: id,
    body: { ...said, intercom_user_id: contactId, body: 'one' },
  });
  await conversations.reply({
    conversation_id: id,
    body: { ...said, email: contact.email, body: 'two' },
  });
  const last = await conversations.reply({
    conversation_id: 'last',
    body: { ...said, user_id: contact.external_id, body: 'three' },
  });
  assert.equal(last.id, id);
  assert.deepEqual(
    partsOf(last).map(([, body]) => body),
    ['<p>one</p>', '<p>two</p>', '<p>three</p>'],
  );
});

test('SDK: lists and finds admins and teams', async () => {
  const { admins } = await client.admins.list();
  assert.deepEqual(
    admins?.map((admin) => admin?.id),
    [me],
  );
  assert.deepEqual(await client.admins.find({ admin_id: Number(me) }), admins![0]);
  const { teams } = await client.teams.list();
  assert.deepEqual(await client.teams.find({ team_id: teams![0]!.id! }), teams![0]);
});

type ErrorClass = abstract new (...given: never[]) => Error;

/** Returns the class, status and code of the error of a call. */
async function errorOf(call: Promise<unknown>, kind: ErrorClass): Promise<readonly unknown[]> {
  let found: readonly unknown[] = [];
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof kind, String(error));
    assert.ok(error instanceof IntercomError);
    found = [error.statusCode, (error.body as Intercom.Error_).errors[0]?.code];
    return true;
  });
  return found;
}

test('SDK: errors of reply and manage have the class of their status', async () => {
  const { conversation_id: id } = await begin();
  const comment = { message_type: 'comment', type: 'admin', admin_id: me, body: 'x' } as const;
  const reply = (conversation: string, fields: object) =>
    conversations.reply({ conversation_id: conversation, body: { ...comment, ...fields } });
  assert.deepEqual(await errorOf(reply('987654', {}), Intercom.NotFoundError), [404, 'not_found']);
  assert.deepEqual(await errorOf(reply(id, { admin_id: '987' }), Intercom.NotFoundError), [
    404,
    'admin_not_found',
  ]);
  assert.deepEqual(await errorOf(reply(id, { body: '' }), IntercomError), [
    400,
    'parameter_invalid',
  ]);
  const files = { attachment_urls: ['ftp://example.com/a.png'] };
  assert.deepEqual(await errorOf(reply(id, files), IntercomError), [400, 'parameter_invalid']);
  const past = { message_type: 'snoozed', admin_id: me, snoozed_until: 1 } as const;
  assert.deepEqual(
    await errorOf(conversations.manage({ conversation_id: id, body: past }), IntercomError),
    [400, 'parameter_invalid'],
  );
  const unauthorized = new IntercomClient({ token: 'nobody', baseUrl: url });
  const tried = unauthorized.conversations.manage({ conversation_id: id, body: past });
  assert.deepEqual(await errorOf(tried, Intercom.UnauthorizedError), [401, 'unauthorized']);
  const unknownAdmin = client.admins.find({ admin_id: 987 });
  assert.deepEqual(await errorOf(unknownAdmin, Intercom.NotFoundError), [404, 'admin_not_found']);
  const noTeam = client.teams.find({ team_id: '987' });
  assert.deepEqual(await errorOf(noTeam, Intercom.NotFoundError), [404, 'team_not_found']);
});
