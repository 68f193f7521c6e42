// Contract A.4, rows 1 to 6: idempotency by event_id.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventKind, eventBody, person, startTestParley } from '../support/server.ts';

const database = await startTestParley();
const { call, notify, database: store } = database;
const post = (kind: EventKind, body: unknown) =>
  call('POST', `/custom_channel_events/notify_${kind}`, body);

async function countParts(conversationId: string): Promise<number> {
  const { body } = await call('GET', `/conversations/${conversationId}`);
  return body.conversation_parts.total_count;
}

test('row 1: same event_id and content replays the first response', async () => {
  const opened = await notify('new_conversation');
  const body = eventBody('new_message', {
    external_conversation_id: opened.body.external_conversation_id,
    contact: person(opened.body.external_contact_id),
  });
  const first = await post('new_message', body);
  const second = await post('new_message', body);
  assert.equal(first.status, 200);
  assert.equal(first.headers.get('idempotent-replayed'), null);
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers.get('idempotent-replayed'), 'true');
  assert.equal(await countParts(first.body.conversation_id), 1);
});

test('row 1: key order, spacing and unknown fields do not change the content', async () => {
  const body = eventBody('new_conversation');
  const first = await post('new_conversation', body);
  const reordered = `{ "note": 1, ${JSON.stringify(Object.fromEntries(Object.entries(body).reverse())).slice(1)}`;
  const second = await call('POST', '/custom_channel_events/notify_new_conversation', reordered);
  assert.equal(second.status, 200);
  assert.deepEqual(second.body, first.body);
});

test('row 1: replay after the contact changed gets the stored response, no update', async () => {
  const body = eventBody('new_conversation');
  const first = await post('new_conversation', body);
  const newName = { ...person(first.body.external_contact_id), name: 'Newer Name' };
  await notify('new_conversation', {
    external_conversation_id: first.body.external_conversation_id,
    contact: newName,
  });
  assert.deepEqual((await post('new_conversation', body)).body, first.body);
  const contact = await call('GET', `/contacts/${first.body.contact_id}`);
  assert.equal(contact.body.name, 'Newer Name');
});

test('row 2: same event_id with another body gets 422 data_invalid on event_id', async () => {
  const body = eventBody('new_conversation');
  await post('new_conversation', body);
  const other = await post('new_conversation', { ...body, external_conversation_id: 'elsewhere' });
  assert.equal(other.status, 422);
  assert.equal(other.body.errors[0].code, 'data_invalid');
  assert.equal(other.body.errors[0].field, 'event_id');
});

test('row 2: same event_id at another endpoint gets 422', async () => {
  const body = eventBody('new_conversation');
  await post('new_conversation', body);
  const other = await post('new_message', { ...body, body: 'hello' });
  assert.equal(other.status, 422);
  assert.equal(other.body.errors[0].field, 'event_id');
});

test('row 2: same event_id and body through another channel gets 422', async () => {
  const body = eventBody('new_conversation');
  await post('new_conversation', body);
  const token = 'parley_token_of_the_second_channel';
  await store.sql(
    `with second as (
       insert into channels (workspace_id, name) select id, 'second' from workspaces returning *)
     insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     select s.workspace_id, s.id, a.id, 'test', sha256($1), 'test' from second s, admins a`,
    [Buffer.from(token)],
  );
  const authorization = `Bearer ${token}`;
  const path = '/custom_channel_events/notify_new_conversation';
  const elsewhere = await call('POST', path, body, { authorization });
  assert.equal(elsewhere.status, 422);
  assert.equal(elsewhere.body.errors[0].field, 'event_id');
  const own = await call('POST', path, { ...body, event_id: 'of_the_second' }, { authorization });
  assert.equal(own.status, 200, 'two channels may use the same conversation id');
});

test('row 3: event ids are kept for ever, in a unique key of the workspace', async () => {
  const [index] = await store.sql<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = 'parley.channel_events'::regclass and contype = 'p'`,
  );
  assert.equal(index?.definition, 'PRIMARY KEY (workspace_id, event_id)');
});

test('row 4: forty concurrent duplicates have one effect and equal responses', async () => {
  const opened = await notify('new_conversation');
  const body = eventBody('new_message', {
    external_conversation_id: opened.body.external_conversation_id,
    contact: person(opened.body.external_contact_id),
  });
  const responses = await Promise.all(Array.from({ length: 40 }, () => post('new_message', body)));
  for (const response of responses) {
    assert.equal(response.status, 200);
    assert.deepEqual(response.body, responses[0]?.body);
  }
  assert.equal(
    responses.filter((one) => one.headers.get('idempotent-replayed') === null).length,
    1,
  );
  assert.equal(await countParts(opened.body.conversation_id), 1);
});

test('row 4: concurrent duplicates that differ: one is accepted, the others get 422', async () => {
  const body = eventBody('new_conversation');
  const responses = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      post('new_conversation', { ...body, contact: person(`twin_${i}`) }),
    ),
  );
  const statuses = responses.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 422)]);
});

test('row 5: rejected event_id is processed once its content is corrected', async () => {
  const body = eventBody('new_message');
  const rejected = await post('new_message', body);
  assert.equal(rejected.status, 404);
  await notify('new_conversation', {
    external_conversation_id: body['external_conversation_id'],
    contact: body['contact'],
  });
  const accepted = await post('new_message', { ...body, body: 'corrected' });
  assert.equal(accepted.status, 200);
});

test('row 5: rejected event leaves no trace, not even of its contact', async () => {
  const body = eventBody('new_message', { contact: person('never_seen') });
  assert.equal((await post('new_message', body)).status, 404);
  const contacts = await store.sql(`select 1 from contacts where external_id = 'never_seen'`);
  const events = await store.sql('select 1 from channel_events where event_id = $1', [
    body['event_id'],
  ]);
  assert.deepEqual([contacts.length, events.length], [0, 0]);
});

test('row 6: new_conversation again with a new event_id gets the ids, reopens nothing', async () => {
  const first = await notify('new_conversation');
  const { conversation_id: id, external_conversation_id: externalId } = first.body;
  await store.sql(`update conversations set state = 'closed' where id = $1`, [id]);
  const second = await notify('new_conversation', {
    external_conversation_id: externalId,
    contact: person(first.body.external_contact_id),
  });
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers.get('idempotent-replayed'), null);
  const conversation = await call('GET', `/conversations/${id}`);
  assert.equal(conversation.body.state, 'closed');
  assert.equal(conversation.body.conversation_parts.total_count, 0);
});

test('row 6: thirty concurrent notifications create one conversation', async () => {
  const fields = { external_conversation_id: 'conv_rush', contact: person('user_rush') };
  const responses = await Promise.all(
    Array.from({ length: 30 }, () => notify('new_conversation', fields)),
  );
  const ids = new Set(responses.map(({ body }) => `${body.conversation_id} ${body.contact_id}`));
  assert.equal(ids.size, 1);
  const rows = await store.sql(`select 1 from conversations where external_id = 'conv_rush'`);
  assert.equal(rows.length, 1);
});
