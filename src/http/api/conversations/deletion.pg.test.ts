// Deletion of conversations, and what redactions and deletions leave in the log of events; through the official SDK and
// on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { applyForTest } from '../../../../test/support/apply.ts';
import { insertWorkflow } from '../../../../test/support/insert-workflow.ts';
import { openTestDatabase } from '../../../../test/support/postgres.ts';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';
import { times } from '../../../../test/support/thoroughness.ts';

const database = await openTestDatabase();
await applyForTest(database, {
  workspace: 'default',
  tags: ['late'],
  channels: [{ name: 'default', callback: { url: 'https://example.com/' } }],
});
const { url, token, call, notify } = await startTestParley({}, database);
// Starts for conversations whose id begins with its name. The call is far from its end in every test.
await insertWorkflow(database, {
  name: 'calling',
  trigger: { on: 'new_conversation', channelIds: null },
  when: { field: 'conversation.external_id', operator: '^', value: 'calling' },
  steps: [
    {
      id: 'call',
      do: 'call_webhook',
      url: 'https://example.com/',
      method: 'POST',
      headers: {},
      body: null,
      timeoutMs: 60_000,
      retryDelaysMs: [3_600_000],
      save: [],
      failed: null,
      next: null,
    },
  ],
});
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const { conversations } = client;
const me = (await client.admins.identify())!.id!;

const WORD = 'unspeakable';

async function begin(body?: string, prefix = 'deletions') {
  const number = nextNumber();
  const contact = person(`deleted_${number}`);
  const external = { external_conversation_id: `${prefix}_${number}`, contact };
  const made = await notify('new_conversation', external);
  if (body !== undefined) await notify('new_message', { ...external, body });
  return {
    external,
    contactId: made.body.contact_id as string,
    id: made.body.conversation_id as string,
  };
}

const comment = (id: string, body: string) =>
  conversations.reply({
    conversation_id: id,
    body: { message_type: 'comment', type: 'admin', admin_id: me, body },
  });

const eventsOf = (id: string) =>
  database.sql<{ name: string; body: string }>(
    'select name, body from outbound_events where conversation_id = $1 order by sequence',
    [id],
  );

const contentTables = [
  'conversation_parts',
  'conversation_signals',
  'conversation_keys',
  'quick_reply_options',
  'attribute_requests',
  'jobs',
];

/** Counts the rows that a conversation has in the tables of what was said in it. */
async function contentOf(id: string): Promise<Record<string, number>> {
  const counts = await Promise.all(
    contentTables.map(async (table) => {
      const rows = await database.sql(`select from ${table} where conversation_id = $1`, [id]);
      return [table, rows.length] as const;
    }),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

test('delete: nothing that was said is left, and every request gets 404', async () => {
  const { id, external, contactId } = await begin(`My ${WORD} question`);
  const [tag] = (await client.tags.list())!.data!;
  await client.tags.tagConversation({ conversation_id: id, id: tag!.id!, admin_id: me });
  await conversations.update({
    conversation_id: id,
    title: WORD,
    custom_attributes: { said: WORD },
  });
  await conversations.reply({
    conversation_id: id,
    body: {
      ...{ message_type: 'quick_reply', type: 'admin', admin_id: me, body: `So ${WORD}` },
      reply_options: [{ text: WORD, uuid: '5d5aa47a-9f0c-4c1a-b0f0-e0b2c3a4d5e6' }],
    },
  });
  await comment(id, `An ${WORD} answer`);

  const deleted = await conversations.deleteConversation({ conversation_id: Number(id) });
  assert.deepEqual(deleted, { id, object: 'conversation', deleted: true });
  assert.deepEqual(await contentOf(id), {});
  const events = await eventsOf(id);
  assert.deepEqual(
    events.map(({ name }) => name),
    ['quick_replies_presented', 'new_message', 'conversation_deleted'],
  );
  assert.doesNotMatch(JSON.stringify(events), new RegExp(WORD));
  const [row] = await database.sql<object>('select * from conversations where id = $1', [id]);
  assert.doesNotMatch(JSON.stringify(row), new RegExp(WORD));
  const [audit] = await database.sql<object>(
    `select action, actor_id from audit_log where object_id = $1 order by id desc`,
    [id],
  );
  assert.deepEqual(audit, { action: 'conversation.deleted', actor_id: String(me) });

  const admin = { type: 'admin', admin_id: me };
  const requests: readonly (readonly [string, string, object?])[] = [
    ['DELETE', ''],
    ['GET', ''],
    ['PUT', '', { title: 'Back' }],
    ['POST', '/reply', { message_type: 'comment', ...admin, body: 'Back' }],
    ['POST', '/parts', { message_type: 'close', ...admin }],
    ['POST', '/tags', { id: tag!.id, admin_id: me }],
    ['POST', '/customers', { customer: { intercom_user_id: contactId } }],
    ['POST', '/run_assignment_rules'],
  ];
  for (const [method, path, body] of requests) {
    const response = await call(method, `/conversations/${id}${path}`, body);
    assert.equal(response.status, 404, `${method} ${path}`);
  }
  const last = await call('POST', '/conversations/last/reply', {
    ...{ message_type: 'comment', type: 'user', intercom_user_id: contactId, body: 'Back' },
  });
  assert.equal(last.status, 404);
  assert.equal((await notify('new_message', { ...external, body: 'Back' })).status, 404);
  const query = { field: 'contact_ids', operator: '=' as const, value: contactId };
  assert.deepEqual((await conversations.search({ query })).data, []);
  assert.equal((await client.contacts.find({ contact_id: contactId })).id, contactId);
});

test('delete: the external id is free, and repeated events get their first result', async () => {
  const { id, external } = await begin();
  const said = { ...external, event_id: `said_${id}`, body: 'Hello' };
  const first = await notify('new_message', said);
  await conversations.deleteConversation({ conversation_id: Number(id) });
  assert.deepEqual((await notify('new_message', said)).body, first.body);
  assert.deepEqual(await contentOf(id), {});

  const again = await notify('new_conversation', external);
  assert.equal(again.status, 200);
  assert.notEqual(again.body.conversation_id, id);
  assert.equal((await notify('new_message', { ...external, body: 'New' })).status, 200);
  const found = await conversations.find({ conversation_id: again.body.conversation_id });
  assert.equal(found.conversation_parts!.total_count, 1);
  assert.equal((await call('DELETE', `/conversations/${id}`)).status, 404);
});

test('delete: the call of a workflow and its wait end', async () => {
  const { id } = await begin('Hello', 'calling');
  assert.equal((await contentOf(id))['jobs'], 1);
  assert.equal((await call('DELETE', `/conversations/${id}`, {})).status, 200);
  assert.deepEqual(await contentOf(id), {});
  const [row] = await database.sql<object>(
    'select run, wake_at, state from conversations where id = $1',
    [id],
  );
  assert.deepEqual(row, { run: null, wake_at: null, state: 'closed' });
});

test('delete: ids that no conversation has get 404', async () => {
  const ids = ['0', 'last', '9007199254740993', '1e3', '%00', '%ED%A0%80', 'a'.repeat(3000), '-1'];
  for (const id of ids) {
    const { status } = await call('DELETE', `/conversations/${id}`, { id: [null] });
    assert.ok(status === 404 || status === 400, `${id.slice(0, 20)}: ${status}`);
  }
});

test('delete: races with everything that writes leave all or nothing', async () => {
  for (let round = 0; round < times(6, 40); round += 1) {
    const { id, external, contactId } = await begin('Hello');
    const lead = await client.contacts.create({ role: 'lead', name: 'Ada' });
    await call('POST', `/conversations/${id}/customers`, {
      customer: { intercom_user_id: lead.id },
    });
    const path = `/conversations/${id}`;
    const admin = { type: 'admin', admin_id: me };
    const responses = await Promise.all([
      call('POST', `${path}/reply`, { message_type: 'comment', ...admin, body: WORD }),
      notify('new_message', { ...external, body: WORD }),
      call('DELETE', path),
      call('POST', `${path}/parts`, { message_type: 'close', ...admin, body: WORD }),
      notify('new_conversation', external),
      call('POST', '/contacts/merge', { from: lead.id, into: contactId }),
      call('PUT', path, { custom_attributes: { said: WORD } }),
      call('DELETE', path),
      notify('new_message', { ...external, body: WORD }),
    ]);
    const statuses = responses.map(({ status }) => status);
    assert.deepEqual(
      statuses.filter((status) => status !== 200 && status !== 404),
      [],
    );
    assert.deepEqual([statuses[2], statuses[7]].toSorted(), [200, 404]);
    assert.deepEqual(await contentOf(id), {});
    const events = await eventsOf(id);
    assert.equal(events.at(-1)!.name, 'conversation_deleted');
    assert.doesNotMatch(JSON.stringify(events), new RegExp(WORD));
  }
});

test('redact: the text leaves the log of events, in every event of the part', async () => {
  const { id } = await begin();
  const said = await comment(id, `My ${WORD} card`);
  await comment(id, 'Another message');
  const [part] = said.conversation_parts!.conversation_parts!;
  await conversations.redactConversationPart({
    type: 'conversation_part',
    conversation_id: id,
    conversation_part_id: part!.id!,
  });
  const [redacted, kept] = (await eventsOf(id)).map(({ body }) => JSON.parse(body));
  assert.partialDeepStrictEqual(redacted, {
    event_name: 'new_message',
    sequence: 1,
    message: { id: part!.id, author: { id: me }, body: null, body_text: null },
  });
  assert.equal(kept.message.body_text, 'Another message');
});
