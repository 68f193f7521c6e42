// Contract A.4, rows 7 to 9, 20 to 22 and 48 to 51: how events find their conversation, reopening, and object shapes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { call, notify, database } = await startTestParley();

async function open() {
  const number = nextNumber();
  const fields = {
    external_conversation_id: `thread_${number}`,
    contact: person(`writer_${number}`),
  };
  const { body } = await notify('new_conversation', fields);
  return { fields, id: body.conversation_id as string, contactId: body.contact_id as string };
}
const readConversation = async (id: string) => (await call('GET', `/conversations/${id}`)).body;

/** Runs with a changed default channel, on a fresh server that sees the change at once. */
async function withSwitch<Result>(
  assignment: string,
  run: (parley: Awaited<ReturnType<typeof startTestParley>>) => Promise<Result>,
): Promise<Result> {
  await database.sql(`update channels set ${assignment}`);
  const parley = await startTestParley({}, database);
  const response = await run(parley);
  await database.sql(`update channels set is_enabled = true, auto_create_conversation = false`);
  return response;
}

for (const kind of ['new_conversation', 'new_message', 'attribute_collected'] as const) {
  test(`row 7: ${kind} of another contact in a known conversation gets 422`, async () => {
    const { fields } = await open();
    const response = await notify(kind, { ...fields, contact: person(`stranger_${nextNumber()}`) });
    assert.equal(response.status, 422);
    assert.equal(response.body.errors[0].code, 'data_invalid');
    assert.equal(response.body.errors[0].field, 'contact.external_id');
  });
}

test('row 7: lead merged into a user is found by both external ids', async () => {
  const lead = { type: 'lead', external_id: `lead_${nextNumber()}` };
  const thread = `thread_of_${lead.external_id}`;
  const started = await notify('new_conversation', {
    external_conversation_id: thread,
    contact: lead,
  });
  const user = person(`merged_${nextNumber()}`);
  const other = await notify('new_conversation', { contact: user });
  await database.sql('update contacts set merged_into = $1 where id = $2', [
    other.body.contact_id,
    started.body.contact_id,
  ]);
  const asUser = await notify('new_message', { external_conversation_id: thread, contact: user });
  const asLead = await notify('new_message', { external_conversation_id: thread, contact: lead });
  assert.deepEqual([asUser.status, asLead.status], [200, 200]);
  assert.equal(asUser.body.contact_id, other.body.contact_id);
  assert.equal(asLead.body.contact_id, other.body.contact_id);
  assert.equal(asLead.body.external_contact_id, lead.external_id);
  const conversation = await readConversation(started.body.conversation_id);
  assert.deepEqual(conversation.contacts.contacts, [
    { type: 'contact', id: other.body.contact_id, external_id: user.external_id },
  ]);
  assert.equal(conversation.source.author.name, user.name);
  for (const part of conversation.conversation_parts.conversation_parts) {
    assert.equal(part.author.id, other.body.contact_id);
  }
  assert.equal((await call('GET', `/contacts/${started.body.contact_id}`)).status, 404);
});

test('row 7: user of an attached lead merged since is accepted', async () => {
  const { fields, id } = await open();
  const lead = { type: 'lead', external_id: `attached_${nextNumber()}` };
  const attached = (await notify('new_conversation', { contact: lead })).body.contact_id;
  const user = person(`its_user_${nextNumber()}`);
  const merged = (await notify('new_conversation', { contact: user })).body.contact_id;
  await database.sql('update conversations set other_contact_ids = array[$1::text] where id = $2', [
    attached,
    id,
  ]);
  await database.sql('update contacts set merged_into = $1 where id = $2', [merged, attached]);
  const response = await notify('new_message', { ...fields, contact: user });
  assert.deepEqual([response.status, response.body.contact_id], [200, merged]);
});

test('row 7: contact attached to the conversation is accepted', async () => {
  const { fields, id } = await open();
  const guest = person(`guest_${nextNumber()}`);
  const other = await notify('new_conversation', { contact: guest });
  await database.sql('update conversations set other_contact_ids = array[$1::text] where id = $2', [
    other.body.contact_id,
    id,
  ]);
  const response = await notify('new_message', { ...fields, contact: guest });
  assert.equal(response.status, 200);
  const conversation = await readConversation(id);
  assert.equal(conversation.contacts.contacts.length, 2);
  assert.equal(
    conversation.conversation_parts.conversation_parts[0].author.id,
    other.body.contact_id,
  );
});

for (const kind of ['new_message', 'quick_reply_selected', 'attribute_collected'] as const) {
  test(`row 8: ${kind} for an unknown conversation gets 404 not_found`, async () => {
    const response = await notify(kind);
    assert.equal(response.status, 404);
    assert.equal(response.body.errors[0].code, 'not_found');
    assert.equal(response.body.errors[0].message, 'Object not found');
  });
}

test('row 8: message creates its conversation with auto_create_conversation', async () => {
  const response = await withSwitch('auto_create_conversation = true', (parley) =>
    parley.notify('new_message', { body: 'first words' }),
  );
  assert.equal(response.status, 200);
  const conversation = await readConversation(response.body.conversation_id);
  assert.equal(conversation.conversation_parts.conversation_parts[0].body, '<p>first words</p>');
});

test('row 9: disabled channel gets 404 data_invalid Integration not found', async () => {
  const response = await withSwitch('is_enabled = false', (parley) =>
    parley.notify('new_conversation'),
  );
  assert.equal(response.status, 404);
  assert.equal(response.body.errors[0].code, 'data_invalid');
  assert.equal(response.body.errors[0].message, 'Integration not found');
});

for (const [row, state] of [
  [20, 'closed'],
  [21, 'snoozed'],
] as const) {
  test(`row ${row}: message in a ${state} conversation reopens it by a part of type open`, async () => {
    const { fields, id, contactId } = await open();
    await database.sql(
      `update conversations set state = $1, waiting_since = null,
         snoozed_until = case when $1 = 'snoozed' then now() + interval '1 day' end where id = $2`,
      [state, id],
    );
    assert.equal((await readConversation(id)).open, state === 'snoozed');
    await notify('new_message', { ...fields, body: 'are you there?' });
    const conversation = await readConversation(id);
    assert.deepEqual(
      [conversation.state, conversation.open, conversation.snoozed_until],
      ['open', true, null],
    );
    assert.equal(conversation.statistics.count_reopens, 1);
    assert.ok(conversation.waiting_since >= conversation.created_at);
    const [part] = conversation.conversation_parts.conversation_parts;
    assert.equal(part.part_type, 'open');
    assert.equal(part.body, '<p>are you there?</p>');
    assert.equal(part.author.id, contactId);
    assert.equal(part.state, 'open');
  });
}

test('row 20: attribute reopens a closed conversation by an empty open part', async () => {
  const { fields, id } = await open();
  await database.sql(`update conversations set state = 'closed' where id = $1`, [id]);
  await notify('attribute_collected', { ...fields, attribute: { id: 'size', value: 'XL' } });
  const conversation = await readConversation(id);
  assert.equal(conversation.state, 'open');
  assert.deepEqual(
    conversation.conversation_parts.conversation_parts.map(
      (part: { part_type: string }) => part.part_type,
    ),
    ['open', 'conversation_attribute_updated_by_workflow'],
  );
});

test('row 20: second message of an open conversation adds only a comment', async () => {
  const { fields, id } = await open();
  await notify('new_message', fields);
  await notify('new_message', fields);
  const conversation = await readConversation(id);
  assert.equal(conversation.statistics.count_reopens, 0);
  assert.deepEqual(
    conversation.conversation_parts.conversation_parts.map(
      (part: { part_type: string }) => part.part_type,
    ),
    ['comment', 'comment'],
  );
});

test('row 22: deleted conversation gets 404; event 1 starts a new one', async () => {
  const { fields, id } = await open();
  await database.sql('update conversations set deleted_at = now() where id = $1', [id]);
  for (const kind of ['new_message', 'quick_reply_selected', 'attribute_collected'] as const) {
    assert.equal((await notify(kind, fields)).status, 404);
  }
  assert.equal((await call('GET', `/conversations/${id}`)).status, 404);
  const again = await notify('new_conversation', fields);
  assert.equal(again.status, 200);
  assert.notEqual(again.body.conversation_id, id);
  assert.equal(
    (await notify('new_message', fields)).body.conversation_id,
    again.body.conversation_id,
  );
});

test('row 48: source of a channel conversation is customer_initiated and has no text', async () => {
  const { fields, id, contactId } = await open();
  await notify('new_message', fields);
  const { source } = await readConversation(id);
  assert.equal(source.type, 'conversation');
  assert.equal(source.delivered_as, 'customer_initiated');
  assert.deepEqual([source.subject, source.body], ['', '']);
  assert.equal(source.author.id, contactId);
});

test('row 49: external id is in external_references, channel is custom_channel', async () => {
  const { fields, id } = await open();
  const conversation = await readConversation(id);
  assert.deepEqual(conversation.external_references, [
    { type: 'api_conversation', id: fields.external_conversation_id },
  ]);
  assert.deepEqual(conversation.channel, { initial: 'custom_channel', current: 'custom_channel' });
});

test('row 50: external_id of a part is its event_id', async () => {
  const { fields, id } = await open();
  await notify('new_message', { ...fields, event_id: 'evt_of_the_part' });
  const conversation = await readConversation(id);
  assert.equal(
    conversation.conversation_parts.conversation_parts[0].external_id,
    'evt_of_the_part',
  );
});

test('row 51: ids of contacts are 24 hex characters, others decimal below 2^53', async () => {
  const { fields, id, contactId } = await open();
  await notify('new_message', fields);
  const conversation = await readConversation(id);
  assert.match(contactId, /^[0-9a-f]{24}$/);
  for (const number of [
    id,
    conversation.source.id,
    conversation.conversation_parts.conversation_parts[0].id,
  ]) {
    assert.match(number, /^[1-9]\d*$/);
    assert.ok(Number.isSafeInteger(Number(number)));
  }
  const me = await call('GET', '/me');
  assert.match(me.body.id, /^[1-9]\d*$/);
  const nowhere = await call('GET', '/nowhere');
  assert.match(nowhere.body.request_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test('waiting_since: first message sets it, later ones keep it', async () => {
  const { fields, id } = await open();
  assert.equal((await readConversation(id)).waiting_since, null);
  await notify('new_message', fields);
  const since = (await readConversation(id)).waiting_since;
  await database.sql(
    `update conversations set waiting_since = waiting_since - interval '1 hour' where id = $1`,
    [id],
  );
  await notify('new_message', fields);
  assert.equal((await readConversation(id)).waiting_since, since - 3600);
});

test('GET of a large conversation: shows the newest parts and the full count', async () => {
  const { fields, id } = await open();
  await database.sql(
    `insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, body,
       author_type, author_id, state, created_at, created_by_signal)
     select c.workspace_id, c.id, n, c.id + n, 'comment', repeat('"', 100000), 'user', c.contact_id,
       'open', now(), c.created_by_signal
     from conversations c, generate_series(1, 100) as n where c.id = $1`,
    [id],
  );
  await database.sql('update conversations set part_count = 100 where id = $1', [id]);
  await notify('new_message', { ...fields, body: 'the last word' });
  const { conversation_parts: list } = await readConversation(id);
  assert.equal(list.total_count, 101);
  assert.equal(list.conversation_parts.length, 21);
  assert.equal(list.conversation_parts.at(-1).body, '<p>the last word</p>');
});
