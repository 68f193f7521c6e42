// A person whose data has marks in every field that an app, a teammate or the person can fill: alone and with others,
// as a lead who became a user, in events, workflows, webhook calls, failed deliveries and requests with a key.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { applyForTest } from './apply.ts';
import { startReceiver } from './callback-receiver.ts';
import { type ApiResponse, nextNumber, person, type TestParley } from './server.ts';
import { until } from './until.ts';

/** What the marks begin with. */
export const MARK = 'zqmark';
/** What the words of others begin with, who stay. */
export const OTHERS_MARK = 'zqother';

const workflow = `
name: Everything
trigger: { on: new_conversation, channels: [default] }
steps:
  - { id: hello, do: send_message, body: "Hi {{ contact.name }}" }
  - { id: number, do: collect_attribute, attribute: order_number, prompt: "{{ contact.name }}?" }
  - { id: mail, do: set_attribute, attribute: mail, value: "{{ contact.email }}" }
  - id: call
    do: call_webhook
    url: URL
    headers: { x-customer: "{{ contact.external_id }}" }
    body: { name: "{{ contact.name }}" }
    save: { answer: /answer }
  - { id: note, do: note, body: "Said {{ attributes.order_number }}" }
  - id: topic
    do: ask_quick_reply
    body: "More?"
    options: [{ id: more, text: "More, {{ contact.name }}", next: end }]
`;

/** Sets the workspace up. Its callbacks fail or succeed as `isFailing` says. */
export async function prepareMarkedWorkspace(database: TestParley['database']) {
  const state = { isFailing: true };
  const receiver = await startReceiver(({ event, headers }, response) => {
    const isCall = event.event_name === undefined && event.topic === undefined;
    response.writeHead(isCall || !state.isFailing ? 200 : 400, {
      'content-type': 'application/json',
    });
    // The response to a call repeats the customer, the one to an event always complains about the person.
    const answer = isCall ? `${headers['x-customer']}_answer` : `${MARK}_detail`;
    response.end(JSON.stringify({ answer }));
  });
  const callback = { url: receiver.url, allow_cidrs: ['127.0.0.0/8'], retries: ['1s'] };
  const attribute = (name: string) => ({ name, model: 'conversation', type: 'string' });
  await applyForTest(
    database,
    {
      data_attributes: ['order_number', 'mail', 'answer'].map(attribute),
      channels: [
        { name: 'default', callback },
        { name: 'notified', callback: { ...callback, format: 'intercom' } },
      ],
      workflows: ['everything.yaml'],
    },
    { 'everything.yaml': workflow.replace('URL', receiver.url) },
  );
  return { receiver, state };
}

export const markedContact = (role: 'user' | 'lead') => ({
  type: role,
  external_id: `${MARK}_${role}_external`,
  name: `${MARK}_${role}_name`,
  email: `${MARK}_${role}_mail@example.com`,
});

/** Brings in the person and the others. @returns their ids. */
export async function bringMarkedPerson({ call, notify, database }: TestParley) {
  const user = markedContact('user');
  const lead = markedContact('lead');
  const thread = `${MARK}_thread`;
  const event = (name: string) => ({ event_id: `${MARK}_event_${name}`, contact: user });
  const ok = (response: ApiResponse): ApiResponse['body'] => {
    assert.equal(response.status, 200, JSON.stringify(response.body));
    return response.body;
  };
  const send = async (method: string, path: string, body?: object, key: string = randomUUID()) =>
    ok(await call(method, path, body, { 'Idempotency-Key': key }));
  const { id: adminId } = ok(await call('GET', '/me'));

  const begun = ok(
    await notify('new_conversation', { ...event('begin'), external_conversation_id: thread }),
  );
  const alone: string = begun.conversation_id;
  const contactId: string = begun.contact_id;
  const inThread = { external_conversation_id: thread };
  ok(await notify('new_message', { ...event('say'), ...inThread, body: `${MARK}_number` }));
  const { id: offered } = await until('the workflow offers a button', async () => {
    const [row] = await database.sql<{ id: string }>(
      `select metadata -> 'quick_reply_options' -> 0 ->> 'uuid' as id from conversation_parts
       where conversation_id = $1 and part_type = 'quick_reply'`,
      [alone],
    );
    return row;
  });
  ok(
    await notify('quick_reply_selected', {
      ...event('click'),
      ...inThread,
      quick_reply_option_id: offered,
    }),
  );
  ok(
    await notify('attribute_collected', {
      ...event('attribute'),
      ...inThread,
      attribute: { id: 'shoe_size', value: `${MARK}_value` },
    }),
  );
  const fields = {
    phone: `${MARK}_phone`,
    avatar: `https://example.com/${MARK}_avatar.png`,
    language_override: `${MARK}_language`,
    custom_attributes: { city: `${MARK}_city` },
  };
  await send('PUT', `/contacts/${contactId}`, fields, `${MARK}_key`);
  await send('POST', `/contacts/${contactId}/notes`, { body: `<p>${MARK}_note</p>` });
  const company = { company_id: `${OTHERS_MARK}_company`, name: 'Acme' };
  const { id: companyId } = await send('POST', '/companies', company);
  await send('POST', `/contacts/${contactId}/companies`, { id: companyId });
  await send('PUT', `/conversations/${alone}`, {
    title: `${MARK}_title`,
    custom_attributes: { mail: `${MARK}_custom` },
  });
  const reply = (conversation: string, by: object, body: string) =>
    send('POST', `/conversations/${conversation}/reply`, { message_type: 'comment', ...by, body });
  const asAdmin = { type: 'admin', admin_id: adminId };
  await reply(alone, asAdmin, `Dear ${MARK}_dear`);
  await reply(alone, { type: 'user', intercom_user_id: contactId }, `${MARK}_rest_reply`);
  // Its response does not name the person.
  await send('POST', '/messages', {
    ...{ message_type: 'inapp', body: `${MARK}_message`, from: { type: 'admin', id: adminId } },
    to: { type: 'user', id: contactId },
  });
  const data = Buffer.from('plain text').toString('base64');
  await send('POST', `/conversations/${alone}/reply`, {
    ...{ message_type: 'comment', type: 'user', intercom_user_id: contactId, body: 'See the file' },
    attachment_files: [{ content_type: 'text/plain', name: `${MARK}_file.txt`, data }],
  });

  // A conversation that the person began and shares, one that they joined, and one that they left.
  const other = person(`${OTHERS_MARK}_${nextNumber()}`);
  const shared = ok(
    await notify('new_conversation', {
      ...event('shared'),
      external_conversation_id: `${OTHERS_MARK}_shared`,
    }),
  ).conversation_id;
  const others = ok(
    await notify('new_conversation', {
      contact: other,
      external_conversation_id: `${OTHERS_MARK}_joined`,
    }),
  );
  const { contact_id: otherId, conversation_id: joined } = others;
  const left = ok(
    await notify('new_conversation', {
      contact: other,
      external_conversation_id: `${OTHERS_MARK}_left`,
    }),
  ).conversation_id;
  const join = (conversation: string, id: string) =>
    send('POST', `/conversations/${conversation}/customers`, {
      admin_id: adminId,
      customer: { intercom_user_id: id },
    });
  await join(shared, otherId);
  await join(joined, contactId);
  await join(left, contactId);
  for (const [name, conversation] of Object.entries({ shared, joined, left })) {
    await reply(conversation, { type: 'user', intercom_user_id: contactId }, `${MARK}_in_${name}`);
    await reply(
      conversation,
      { type: 'user', intercom_user_id: otherId },
      `${OTHERS_MARK}_${name}`,
    );
    await reply(conversation, asAdmin, `${OTHERS_MARK}_admin_${name}`);
  }
  await send('DELETE', `/conversations/${left}/customers/${contactId}`, { admin_id: adminId });

  // A lead who becomes the user, in the other format of events.
  const led = ok(
    await notify('new_conversation', {
      event_id: `${MARK}_event_lead`,
      contact: lead,
      external_conversation_id: `${MARK}_lead_thread`,
    }),
  );
  await send('POST', '/contacts/merge', { from: led.contact_id, into: contactId });
  return { contactId, otherId, alone, led: led.conversation_id as string, shared, joined, left };
}
