// The unchanged official SDK over a real socket, as an integrator's app uses it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient, IntercomError } from 'intercom-client';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { url, token, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url });
const events = client.customChannelEvents;

const sdkPerson = (name: string) => ({ ...person(name), type: 'user' as const });

function base() {
  const number = nextNumber();
  return {
    event_id: `sdk_${number}`,
    external_conversation_id: `sdk_conversation_${number}`,
    contact: sdkPerson(`sdk_user_${number}`),
  };
}

test('SDK: four methods of a conversation get the same four ids, read back', async () => {
  const opened = base();
  const first = await events.notifyNewConversation(opened);
  assert.equal(first.external_conversation_id, opened.external_conversation_id);
  assert.equal(first.external_contact_id, opened.contact.external_id);

  const said = await events.notifyNewMessage({
    ...opened,
    event_id: `${opened.event_id}_message`,
    body: 'Hello, I need help with my order.',
  });
  await database.sql(
    `insert into quick_reply_options (workspace_id, conversation_id, option_id, text)
     select workspace_id, id, 'yes', 'Yes please' from conversations where id = $1`,
    [first.conversation_id],
  );
  const clicked = await events.notifyQuickReplySelected({
    ...opened,
    event_id: `${opened.event_id}_click`,
    quick_reply_option_id: 'yes',
  });
  const collected = await events.notifyAttributeCollected({
    ...opened,
    event_id: `${opened.event_id}_attribute`,
    attribute: { id: 'shipping_address', value: '123 Main St, Springfield' },
  });
  for (const response of [said, clicked, collected]) assert.deepEqual(response, first);

  const conversation = await client.conversations.find({ conversation_id: first.conversation_id });
  assert.equal(conversation.state, 'open');
  assert.deepEqual(conversation.custom_attributes, {
    shipping_address: '123 Main St, Springfield',
  });
  assert.deepEqual(
    conversation.conversation_parts?.conversation_parts?.map((part) => part.body),
    ['<p>Hello, I need help with my order.</p>', '<p>Yes please</p>', null],
  );
  const contact = await client.contacts.find({ contact_id: first.contact_id });
  assert.equal(contact.external_id, opened.contact.external_id);
  assert.equal(contact.role, 'user');
  const me = await client.admins.identify();
  assert.equal(me?.app?.name, 'default');
});

test('SDK: a repeated event gets its first response', async () => {
  const opened = base();
  assert.deepEqual(
    await events.notifyNewConversation(opened),
    await events.notifyNewConversation(opened),
  );
});

test('SDK: the unstable namespace and other versions work too', async () => {
  const response = await client.unstable.customChannelEvents.notifyNewConversation(base());
  assert.match(String(response.conversation_id), /^\d+$/);
});

test('SDK: 400 is a BadRequestError with the error list', async () => {
  const contact = { type: 'user' as const, external_id: 'sdk_nameless' };
  await assert.rejects(events.notifyNewConversation({ ...base(), contact }), (error: unknown) => {
    assert.ok(error instanceof Intercom.BadRequestError);
    assert.equal(error.statusCode, 400);
    assert.equal((error.body as Intercom.Error_).type, 'error.list');
    assert.equal((error.body as Intercom.Error_).errors[0]?.code, 'data_invalid');
    return true;
  });
});

test('SDK: 401 is an UnauthorizedError', async () => {
  const unauthorized = new IntercomClient({ token: 'not_a_token_of_ours', baseUrl: url });
  await assert.rejects(
    unauthorized.customChannelEvents.notifyNewConversation(base()),
    (error: unknown) => error instanceof Intercom.UnauthorizedError,
  );
});

test('SDK: 404 is a NotFoundError', async () => {
  await assert.rejects(
    events.notifyNewMessage({ ...base(), body: 'nobody there' }),
    (error: unknown) => error instanceof Intercom.NotFoundError,
  );
});

test('SDK: 422 is an UnprocessableEntityError', async () => {
  const opened = base();
  await events.notifyNewConversation(opened);
  await assert.rejects(
    events.notifyNewConversation({ ...opened, contact: sdkPerson('somebody_else') }),
    (error: unknown) => error instanceof Intercom.UnprocessableEntityError,
  );
});

test('SDK: its own retry succeeds after an outage and stores the event once', async () => {
  const opened = base();
  await shutDatabase();
  const reopened = setTimeout(() => void openDatabaseAgain(), 400);
  const { data, rawResponse } = await events.notifyNewConversation(opened).withRawResponse();
  clearTimeout(reopened);
  assert.equal(rawResponse.status, 200);
  const rows = await database.sql('select 1 from channel_events where event_id = $1', [
    opened.event_id,
  ]);
  assert.equal(rows.length, 1);
  assert.equal(data.external_conversation_id, opened.external_conversation_id);
});

test('SDK: without retries, an outage is an IntercomError 503 service_unavailable', async () => {
  await shutDatabase();
  await assert.rejects(
    events.notifyNewConversation(base(), { maxRetries: 0 }),
    (error: unknown) => {
      assert.ok(error instanceof IntercomError);
      assert.equal(error.statusCode, 503);
      assert.equal((error.body as Intercom.Error_).errors[0]?.code, 'service_unavailable');
      assert.equal(error.rawResponse?.headers.get('x-ratelimit-reset'), null);
      return true;
    },
  );
  await openDatabaseAgain();
});

/** Makes the database unavailable to the server: forbids connections and terminates the open ones. */
async function shutDatabase(): Promise<void> {
  const { database: name } = database.target;
  await database.sql(`alter database ${name} connection limit 0`);
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

async function openDatabaseAgain(): Promise<void> {
  await database.sql(`alter database ${database.target.database} connection limit -1`);
}
