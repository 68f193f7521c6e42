// Callbacks of a running server against the webhooks of its OpenAPI document: each event is described, its body fits
// without undescribed fields, and its headers are the documented ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRelease } from '../../src/base/release.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import type { Parameter, Schema } from '../../src/http/openapi/types.ts';
import { routes } from '../../src/http/routes.ts';
import { runParley } from '../cli/run-parley.ts';
import { applyForTest } from '../support/apply.ts';
import { type Received, startReceiver } from '../support/callback-receiver.ts';
import { openDocumentedSchemas } from '../support/documented-schemas.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { person, SECRET_KEY, startTestParley, type TestParley } from '../support/server.ts';

const document = openApiDocument(routes, readRelease());
const compile = openDocumentedSchemas(document);

/** Finds every field of a body that its schema does not name, as a dotted path. */
function undescribed(schema: Schema, value: unknown, at = ''): string[] {
  const { $ref, anyOf, properties, items, patternProperties, additionalProperties } = schema;
  if (typeof $ref === 'string') {
    return undescribed(document.components.schemas[$ref.split('/').at(-1)!]!, value, at);
  }
  if (Array.isArray(anyOf)) {
    const all = (anyOf as Schema[]).map((one) => undescribed(one, value, at));
    return all.toSorted((a, b) => a.length - b.length)[0]!;
  }
  if (Array.isArray(value)) {
    return value.flatMap((one, index) =>
      undescribed((items ?? {}) as Schema, one, `${at}[${index}]`),
    );
  }
  if (typeof value !== 'object' || value === null || properties === undefined) return [];
  const isOpen = patternProperties !== undefined || additionalProperties !== undefined;
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = (properties as Record<string, Schema>)[name];
    if (known === undefined) return isOpen ? [] : [`${at}.${name}`];
    return undescribed(known, inner, `${at}.${name}`);
  });
}

/** Fails unless a callback matches the document. */
function assertDocumented({ headers, event }: Received, name: string): void {
  const operation = document.webhooks[name]?.post;
  assert.ok(operation, `${name} is not described`);
  const { schema } = operation.requestBody!.content['application/json']!;
  const fits = compile(schema!);
  assert.ok(fits(event), `${name}: ${JSON.stringify(fits.errors)}`);
  // Resources have more fields than Parley fills: these are null or empty, and not described one by one.
  const unknown = undescribed(schema!, event).filter((field) => !field.startsWith('.data.item.'));
  assert.deepEqual(unknown, [], `${name} has fields that are not described`);
  for (const reference of operation.parameters!) {
    assert.ok('$ref' in reference);
    const parameter = document.components.parameters[
      reference.$ref.split('/').at(-1)!
    ] as Parameter;
    const value = headers[parameter.name.toLowerCase()];
    assert.equal(typeof value, 'string', `${name}: the header ${parameter.name} is missing`);
    const isRight = compile(parameter.schema);
    assert.ok(isRight(value), `${name}: ${parameter.name} is ${value}`);
  }
  assert.equal(headers['content-type'], 'application/json');
  const described = operation.parameters!.map((one) => ('$ref' in one ? one.$ref : one.name));
  assert.equal(described.length, 7);
}

const workflow = `
name: Everything
trigger: { on: new_conversation }
steps:
  - { id: hello, do: send_message, body: "Hi" }
  - id: topic
    do: ask_quick_reply
    body: "What is it about?"
    options: [{ id: order, text: "An order", next: number }]
  - { id: number, do: collect_attribute, attribute: order_number, prompt: "Your order number?", next: team }
  - { id: team, do: assign, team: Support, next: later }
  - { id: later, do: snooze, for: 1h }
`;

/** Starts a server whose default channel has a callback, and its receiver. */
async function startWithCallback(format: 'parley' | 'intercom', rejectFirst = false) {
  const database = await openTestDatabase();
  let isFirst = rejectFirst;
  const receiver = await startReceiver((_request, response) => {
    response.writeHead(isFirst ? 400 : 200).end();
    isFirst = false;
  });
  const callback = { url: receiver.url, format, allow_cidrs: ['127.0.0.0/8'], retries: ['1s'] };
  const setup = {
    teams: [{ name: 'Support' }],
    data_attributes: [{ name: 'order_number', model: 'conversation', type: 'string' }],
    channels: [{ name: 'default', callback }],
    workflows: ['everything.yaml'],
  };
  await applyForTest(database, setup, { 'everything.yaml': workflow });
  return { parley: await startTestParley({}, database), receiver, database };
}

/** Redacts the first message, merges a lead with a conversation of its own into the user, and deletes that one. */
async function redactMergeAndDelete(
  { call, notify }: TestParley,
  ids: { readonly conversation_id: string; readonly contact_id: string },
): Promise<void> {
  const { conversation_id, contact_id: into } = ids;
  const { body: conversation } = await call('GET', `/conversations/${conversation_id}`);
  const [part] = conversation.conversation_parts.conversation_parts;
  const redacted = await call('POST', '/conversations/redact', {
    ...{ type: 'conversation_part', conversation_id, conversation_part_id: part.id },
  });
  assert.equal(redacted.status, 200);
  const lead = { type: 'lead', external_id: 'a_lead' };
  const { body: other } = await notify('new_conversation', { contact: lead });
  const merged = await call('POST', '/contacts/merge', { from: other.contact_id, into });
  assert.equal(merged.status, 200);
  const deleted = await call('DELETE', `/conversations/${other.conversation_id}`);
  assert.equal(deleted.status, 200);
}

test('documented callbacks: every event and a ping match their webhook', async () => {
  const { parley, receiver, database } = await startWithCallback('parley', true);
  const base = { external_conversation_id: 'all', contact: person('all') };
  const names = () => receiver.of('all').map(({ event_name }) => event_name);
  const { body: ids } = await parley.notify('new_conversation', base);
  await receiver.until('the buttons', () => names().includes('quick_replies_presented'));
  const buttons = receiver.of('all').find(({ event_name }) => event_name.startsWith('quick'));
  await parley.notify('quick_reply_selected', {
    ...base,
    quick_reply_option_id: buttons.quick_reply_options[0].id,
  });
  await receiver.until('the question', () => names().includes('attribute_requested'));
  await parley.notify('attribute_collected', {
    ...base,
    attribute: { id: 'order_number', value: '1' },
  });
  await receiver.until('the end', () => names().includes('status_updated'));
  await redactMergeAndDelete(parley, ids);
  const all = () => receiver.received.map(({ event }) => event.event_name as string);
  await receiver.until('the redaction', () => all().includes('message_redacted'));
  await receiver.until('the merge', () => all().includes('contact_merged'));
  await receiver.until('the deletion', () => all().includes('conversation_deleted'));
  const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };
  assert.equal((await runParley(['channel', 'ping', 'default'], { settings })).code, 0);

  const seen = new Set<string>();
  for (const one of receiver.received) {
    seen.add(one.event.event_name);
    assertDocumented(one, one.event.event_name);
    assert.equal(one.headers['parley-event'], one.event.event_name);
  }
  // Nothing sends typing indicators yet; they are ephemeral.
  const described = Object.keys(document.webhooks).filter((name) => !/^typing|^notif/.test(name));
  assert.deepEqual([...seen].toSorted(), described.toSorted());
  assert.ok(
    receiver.received.some(({ event }) => event.gap !== undefined),
    'one has a gap',
  );
});

test('documented callbacks: every Intercom notification matches its webhook', async () => {
  const { parley, receiver } = await startWithCallback('intercom');
  const base = { external_conversation_id: 'notified', contact: person('notified') };
  const made = await parley.notify('new_conversation', base);
  const admin = { type: 'admin', admin_id: '1' };
  const act = (path: string, body: object) =>
    parley.call('POST', `/conversations/${made.body.conversation_id}/${path}`, {
      ...admin,
      ...body,
    });
  await act('reply', { message_type: 'note', body: 'To remember' });
  await act('reply', { message_type: 'comment', body: 'An answer' });
  await act('parts', { message_type: 'close' });
  const topics = () => receiver.received.map(({ event }) => event.topic as string);
  await receiver.until('it is closed', () => topics().includes('conversation.admin.closed'));
  for (const one of receiver.received) assertDocumented(one, 'notification_event');
  for (const topic of ['contact.user.created', 'conversation.user.created']) {
    assert.ok(topics().includes(topic), `${topic} is missing in ${topics()}`);
  }
});
