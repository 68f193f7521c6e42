// Contract A.4, rows 23 to 30: quick replies, attributes, and markup in text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { call, notify, database } = await startTestParley();

async function open() {
  const number = nextNumber();
  const fields = {
    external_conversation_id: `talk_${number}`,
    contact: person(`talker_${number}`),
  };
  const { body } = await notify('new_conversation', fields);
  return { fields, id: body.conversation_id as string, contactId: body.contact_id as string };
}
const readConversation = async (id: string, query = '') =>
  (await call('GET', `/conversations/${id}${query}`)).body;
const readParts = async (id: string) =>
  (await readConversation(id)).conversation_parts.conversation_parts;
const offer = (conversationId: string, optionId: string, text: string) =>
  database.sql(
    `insert into quick_reply_options (workspace_id, conversation_id, option_id, text)
     select workspace_id, id, $2, $3 from conversations where id = $1`,
    [conversationId, optionId, text],
  );
const define = (model: string, name: string, dataType: string, options: string[] = []) =>
  database.sql(
    `insert into data_attributes (workspace_id, model, name, data_type, options)
     select id, $1, $2, $3, $4 from workspaces`,
    [model, name, dataType, options],
  );

test('row 23: option never offered here gets 422 on quick_reply_option_id', async () => {
  const [here, elsewhere] = [await open(), await open()];
  await offer(elsewhere.id, 'only_there', 'Only there');
  const response = await notify('quick_reply_selected', {
    ...here.fields,
    quick_reply_option_id: 'only_there',
  });
  assert.equal(response.status, 422);
  assert.equal(response.body.errors[0].code, 'data_invalid');
  assert.equal(response.body.errors[0].field, 'quick_reply_option_id');
  assert.deepEqual(await readParts(here.id), []);
});

test('row 24: option of an older prompt and a second click each add a part', async () => {
  const { fields, id } = await open();
  await offer(id, 'old', 'An old button');
  await offer(id, 'new', 'A new button');
  const click = { ...fields, quick_reply_option_id: 'old' };
  assert.equal((await notify('quick_reply_selected', click)).status, 200);
  assert.equal((await notify('quick_reply_selected', click)).status, 200);
  const parts = await readParts(id);
  assert.deepEqual(
    parts.map((part: { body: string }) => part.body),
    ['<p>An old button</p>', '<p>An old button</p>'],
  );
});

test('row 25: click is stored as the option’s text, with its id under both keys', async () => {
  const { fields, id, contactId } = await open();
  await offer(id, '1234', 'An order');
  await notify('quick_reply_selected', { ...fields, quick_reply_option_id: 1234 });
  const [part] = await readParts(id);
  assert.equal(part.part_type, 'comment');
  assert.equal(part.author.id, contactId);
  assert.equal(part.body, '<p>An order</p>');
  assert.deepEqual(part.metadata, { quick_reply_uuid: '1234', quick_reply_option_uuid: '1234' });
});

test('row 25: click in a closed conversation adds a part of type open', async () => {
  const { fields, id } = await open();
  await offer(id, 'again', 'Again');
  await database.sql(`update conversations set state = 'closed' where id = $1`, [id]);
  await notify('quick_reply_selected', { ...fields, quick_reply_option_id: 'again' });
  assert.equal((await readParts(id))[0].part_type, 'open');
});

for (const model of ['conversation', 'contact'] as const) {
  test(`row 26: unrequested ${model} data attribute is written`, async () => {
    const { fields, id, contactId } = await open();
    await define(model, `plan_of_${model}`, 'string');
    await notify('attribute_collected', {
      ...fields,
      attribute: { id: `plan_of_${model}`, value: 'gold' },
    });
    const path = model === 'contact' ? `/contacts/${contactId}` : `/conversations/${id}`;
    const { body } = await call('GET', path);
    assert.deepEqual(body.custom_attributes, { [`plan_of_${model}`]: 'gold' });
  });
}

test('row 26: contact field such as email is written to the contact', async () => {
  const { fields, contactId } = await open();
  const attribute = { id: 'email', value: 'given.later@example.com' };
  assert.equal((await notify('attribute_collected', { ...fields, attribute })).status, 200);
  const { body } = await call('GET', `/contacts/${contactId}`);
  assert.equal(body.email, 'given.later@example.com');
});

test('row 26: unknown attribute is recorded in the conversation by default', async () => {
  const { fields, id } = await open();
  const attribute = { id: 'shoe size', value: '42' };
  assert.equal((await notify('attribute_collected', { ...fields, attribute })).status, 200);
  assert.deepEqual((await readConversation(id)).custom_attributes, { 'shoe size': '42' });
});

test('row 26: unrequested attribute gets 422 with unknown_attribute reject', async () => {
  const { fields, id } = await open();
  const strict = await startTestParley({}, database);
  const event = { ...fields, attribute: { id: 'asked', value: 'yes' } };
  await database.sql(`update channels set unknown_attribute = 'reject'`);
  const rejected = await strict.notify('attribute_collected', event);
  assert.equal(rejected.status, 422);
  assert.equal(rejected.body.errors[0].code, 'data_invalid');
  assert.equal(rejected.body.errors[0].field, 'attribute.id');
  await database.sql(
    `insert into attribute_requests (workspace_id, conversation_id, attribute_id)
     select workspace_id, id, 'asked' from conversations where id = $1`,
    [id],
  );
  assert.equal((await strict.notify('attribute_collected', event)).status, 200);
  await database.sql(`update channels set unknown_attribute = 'record'`);
});

await define('conversation', 'an_integer', 'integer');
await define('conversation', 'a_float', 'float');
await define('conversation', 'a_boolean', 'boolean');
await define('conversation', 'a_date', 'date');
await define('conversation', 'an_option', 'options', ['red', 'green']);

for (const [name, bad, good, stored] of [
  ['an_integer', '4.5', '42', 42],
  ['a_float', 'much', '4.5', 4.5],
  ['a_boolean', 'maybe', 'true', true],
  ['a_date', '2026-02-30', '2026-02-28', 1772236800],
  ['an_option', 'blue', 'green', 'green'],
] as const) {
  test(`row 27: ${name} rejects ${JSON.stringify(bad)} and casts ${JSON.stringify(good)}`, async () => {
    const { fields, id } = await open();
    const rejected = await notify('attribute_collected', {
      ...fields,
      attribute: { id: name, value: bad },
    });
    assert.equal(rejected.status, 422);
    assert.equal(rejected.body.errors[0].code, 'data_invalid');
    assert.equal(rejected.body.errors[0].field, 'attribute.value');
    assert.deepEqual((await readConversation(id)).custom_attributes, {});
    await notify('attribute_collected', { ...fields, attribute: { id: name, value: good } });
    assert.deepEqual((await readConversation(id)).custom_attributes, { [name]: stored });
  });
}

test('row 28: collected attribute is stored as a bot part with event_details', async () => {
  const { fields, id } = await open();
  await notify('attribute_collected', { ...fields, attribute: { id: 'colour', value: 'red' } });
  const [part] = await readParts(id);
  assert.equal(part.part_type, 'conversation_attribute_updated_by_workflow');
  assert.equal(part.body, null);
  assert.equal(part.author.type, 'bot');
  assert.deepEqual(part.event_details, {
    workflow: { name: 'default' },
    attribute: { name: 'colour' },
    value: { name: 'red' },
  });
});

for (const name of ['free', 'an_integer']) {
  test(`row 29: empty value of ${name} clears the attribute`, async () => {
    const { fields, id } = await open();
    await notify('attribute_collected', { ...fields, attribute: { id: name, value: '7' } });
    const cleared = await notify('attribute_collected', {
      ...fields,
      attribute: { id: name, value: '' },
    });
    assert.equal(cleared.status, 200);
    assert.deepEqual((await readConversation(id)).custom_attributes, {});
  });
}

test('row 30: HTML in a message is escaped, each line a paragraph, raw as plaintext', async () => {
  const { fields, id } = await open();
  const typed = '<b>1 < 2 & "so"</b>\nsecond line';
  await notify('new_message', { ...fields, body: typed });
  const [part] = await readParts(id);
  assert.equal(
    part.body,
    '<p>&lt;b&gt;1 &lt; 2 &amp; &quot;so&quot;&lt;/b&gt;</p>\n<p>second line</p>',
  );
  const plain = await readConversation(id, '?display_as=plaintext');
  assert.equal(plain.conversation_parts.conversation_parts[0].body, typed);
});

test('attribute named __proto__: works like any other', async () => {
  const { fields, id } = await open();
  const body = `{"event_id":"evt_proto","external_conversation_id":${JSON.stringify(fields.external_conversation_id)},
    "contact":${JSON.stringify(fields.contact)},"attribute":{"id":"__proto__","value":"x"}}`;
  const response = await call('POST', '/custom_channel_events/notify_attribute_collected', body);
  assert.equal(response.status, 200);
  const conversation = await readConversation(id);
  assert.deepEqual(Object.entries(conversation.custom_attributes), [['__proto__', 'x']]);
});

test('attributes: 251st gets 422; changing and clearing the others still work', async () => {
  const { fields, id } = await open();
  await database.sql(
    `update conversations set custom_attributes =
       (select jsonb_object_agg('a' || n, n) from generate_series(1, 250) as n) where id = $1`,
    [id],
  );
  const collect = async (name: string, value: string) =>
    (await notify('attribute_collected', { ...fields, attribute: { id: name, value } })).status;
  assert.equal(await collect('one_more', 'x'), 422);
  assert.equal(await collect('a7', 'changed'), 200);
  assert.equal(await collect('a8', ''), 200);
  assert.equal(await collect('one_more', 'x'), 200);
});

for (const character of ['x', 'ä', '😀', '"']) {
  test(`attributes: over 128 KiB of ${character} get 422, but larger ones may shrink`, async () => {
    const { fields, id } = await open();
    const collect = (name: string, value: string) =>
      notify('attribute_collected', { ...fields, attribute: { id: name, value } });
    const value = character.repeat(10_000);
    let fitting = 0;
    for (; fitting < 20; fitting += 1) {
      const { status, body } = await collect(`a${fitting}`, value);
      if (status === 200) continue;
      assert.equal(status, 422);
      assert.deepEqual(body.errors[0], {
        code: 'data_invalid',
        message: 'Custom attributes too large (128 KiB at most)',
        field: 'attribute.value',
      });
      break;
    }
    const bytes = Buffer.byteLength(JSON.stringify({ a10: value }));
    assert.equal(fitting, Math.floor((128 * 1024) / bytes));
    assert.equal((await notify('new_message', fields)).status, 200);
    // Attributes as large as they could be before the limit existed.
    await database.sql(
      `update conversations set custom_attributes =
         (select jsonb_object_agg('a' || n, $2::text) from generate_series(1, 40) as n) where id = $1`,
      [id, value],
    );
    assert.equal((await notify('new_message', fields)).status, 200);
    assert.equal((await collect('a7', `${value.slice(2)}y`)).status, 200);
    assert.equal((await collect('a8', '')).status, 200);
    assert.equal((await collect('a8', value)).status, 422);
    const { custom_attributes: attributes } = await readConversation(id);
    assert.equal(Object.keys(attributes).length, 39);
  });
}
