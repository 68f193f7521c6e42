// Contract A.4, rows 31 to 35 and 42 to 44: validation of bodies; rejected ones leave no trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ApiResponse,
  type EventKind,
  eventBody,
  nextNumber,
  person,
  startTestParley,
} from '../support/server.ts';

const { call, notify, database } = await startTestParley();
const post = (kind: EventKind, body: unknown) =>
  call('POST', `/custom_channel_events/notify_${kind}`, body);
const faults = ({ body }: ApiResponse) =>
  body.errors.map((error: { code: string; field: string }) => `${error.code} ${error.field}`);

/** Sets a dotted field of a body. */
function withField(body: Record<string, unknown>, field: string, value: unknown) {
  const copy = structuredClone(body);
  const keys = field.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce<Record<string, unknown>>(
    (at, key) => at[key] as Record<string, unknown>,
    copy,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const requiredFields: readonly (readonly [EventKind, string])[] = [
  ['new_conversation', 'event_id'],
  ['new_conversation', 'external_conversation_id'],
  ['new_conversation', 'contact'],
  ['new_conversation', 'contact.external_id'],
  ['new_message', 'body'],
  ['quick_reply_selected', 'quick_reply_option_id'],
  ['attribute_collected', 'attribute'],
  ['attribute_collected', 'attribute.id'],
  ['attribute_collected', 'attribute.value'],
];

for (const [kind, field] of requiredFields) {
  test(`row 31: ${kind} without ${field} gets 400 "${field} is required"`, async () => {
    const isObject = field === 'contact' || field === 'attribute';
    const mayBeEmpty = field === 'attribute.value' || isObject;
    for (const value of [undefined, null, ...(mayBeEmpty ? [] : ['', '  \n'])]) {
      const response = await post(kind, withField(eventBody(kind), field, value));
      assert.equal(response.status, 400, JSON.stringify(value));
      assert.deepEqual(faults(response), [`parameter_invalid ${field}`]);
      assert.equal(response.body.errors[0].message, `${field} is required`);
    }
  });
}

test('row 31: several errors at once come in one list', async () => {
  const response = await post('new_message', { contact: { type: 'robot' } });
  assert.equal(response.status, 400);
  assert.deepEqual(faults(response).sort(), [
    'parameter_invalid body',
    'parameter_invalid contact.external_id',
    'parameter_invalid contact.type',
    'parameter_invalid event_id',
    'parameter_invalid external_conversation_id',
  ]);
});

test('row 32: integer ids are accepted and echoed as decimal strings', async () => {
  const number = 770000 + nextNumber();
  const body = eventBody('new_conversation', {
    event_id: number,
    external_conversation_id: number + 1,
    contact: { ...person('x'), external_id: number + 2 },
  });
  const response = await post('new_conversation', body);
  assert.equal(response.status, 200);
  assert.equal(response.body.external_conversation_id, String(number + 1));
  assert.equal(response.body.external_contact_id, String(number + 2));
  const asString = await post('new_conversation', { ...body, event_id: String(number) });
  assert.deepEqual(asString.body, response.body);
});

test('row 32: integer beyond 2^53 gets 400, since JSON rounds it', async () => {
  const text = JSON.stringify(eventBody('new_conversation', { event_id: 1 })).replace(
    '"event_id":1',
    '"event_id":12345678901234567890',
  );
  const response = await post('new_conversation', text);
  assert.equal(response.status, 400);
  assert.deepEqual(faults(response), ['parameter_invalid event_id']);
});

for (const [kind, field, value] of [
  ['new_conversation', 'event_id', true],
  ['new_conversation', 'event_id', 1.5],
  ['new_conversation', 'external_conversation_id', { id: 1 }],
  ['new_conversation', 'contact.external_id', ['a']],
  ['new_conversation', 'contact.name', 7],
  ['new_conversation', 'contact.email', {}],
  ['new_conversation', 'contact.type', 1],
  ['new_message', 'body', 5],
  ['attribute_collected', 'attribute.value', 5],
  ['attribute_collected', 'attribute', 'a string'],
] as const) {
  test(`row 32: ${field} as ${JSON.stringify(value)} gets 422 type_mismatch`, async () => {
    const response = await post(kind, withField(eventBody(kind), field, value));
    assert.equal(response.status, 422);
    assert.deepEqual(faults(response), [`type_mismatch ${field}`]);
  });
}

test('row 33: unknown fields are ignored and not echoed', async () => {
  const response = await notify('new_conversation', {
    extra: { deep: [1] },
    contact: { ...person('with_extras'), phone: '+1', admin: true },
  });
  assert.equal(response.status, 200);
  assert.deepEqual(Object.keys(response.body).sort(), [
    'contact_id',
    'conversation_id',
    'external_contact_id',
    'external_conversation_id',
  ]);
  const contact = await call('GET', `/contacts/${response.body.contact_id}`);
  assert.equal(contact.body.phone, null);
});

for (const [what, body, field] of [
  ['contact as an array', eventBody('new_conversation', { contact: [person('x')] }), 'contact'],
  ['top level array', [], null],
  ['top level string', '"text"', null],
  ['top level null', 'null', null],
  ['top level number', '5', null],
] as const) {
  test(`row 34: ${what} gets 422 type_mismatch`, async () => {
    const response = await post('new_conversation', body);
    assert.equal(response.status, 422);
    assert.deepEqual(faults(response), [`type_mismatch ${field}`]);
  });
}

for (const text of [
  '',
  ' ',
  '{',
  '{"event_id":}',
  '\uFEFF{}',
  '{"a":1}{"b":2}',
  'event_id=1',
  "{'a':1}",
]) {
  test(`row 35: body ${JSON.stringify(text)} gets 400 parameter_invalid`, async () => {
    const response = await post('new_conversation', text);
    assert.equal(response.status, 400);
    assert.deepEqual(faults(response), ['parameter_invalid null']);
  });
}

test('row 35: JSON in invalid UTF-8 gets 400 instead of a changed id', async () => {
  const good = Buffer.from(JSON.stringify(eventBody('new_conversation', { event_id: 'x' })));
  const bad = Buffer.from(good);
  bad[bad.indexOf('"x"') + 1] = 0xff;
  const { status } = await fetchRaw(bad);
  assert.equal(status, 400);
});

async function fetchRaw(body: Buffer): Promise<Response> {
  const { url, token } = await rawTarget;
  return fetch(`${url}/custom_channel_events/notify_new_conversation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: new Uint8Array(body),
  });
}
const rawTarget = startTestParley({}, database);

const limits: readonly (readonly [EventKind, string, number])[] = [
  ['new_conversation', 'event_id', 255],
  ['new_conversation', 'external_conversation_id', 255],
  ['new_conversation', 'contact.external_id', 255],
  ['new_conversation', 'contact.name', 255],
  ['new_message', 'body', 100_000],
  ['attribute_collected', 'attribute.id', 255],
  ['attribute_collected', 'attribute.value', 10_000],
];
for (const [kind, field, max] of limits) {
  test(`row 42: ${field} of ${max} characters is accepted, one more gets 400`, async () => {
    const opened = eventBody('new_conversation');
    await post('new_conversation', opened);
    const body = eventBody(kind, {
      ...(field === 'external_conversation_id' || kind === 'new_conversation'
        ? {}
        : { external_conversation_id: opened['external_conversation_id'] }),
      contact: kind === 'new_conversation' ? person(`p_${nextNumber()}`) : opened['contact'],
    });
    const number = String(nextNumber());
    // The widest characters: the limit counts characters, and the index must hold their bytes.
    const longest = number + '\u{1F600}'.repeat(max - number.length);
    assert.equal((await post(kind, withField(body, field, longest))).status, 200);
    const tooLong = await post(kind, withField(eventBody(kind), field, `${longest}x`));
    assert.equal(tooLong.status, 400);
    assert.deepEqual(faults(tooLong), [`parameter_invalid ${field}`]);
  });
}

test('row 43: ids that differ in case, space or normal form are different', async () => {
  const contact = person('unicode');
  const names = ['caf\u00e9', 'cafe\u0301', 'CAF\u00c9', ' caf\u00e9', 'caf\u00e9 ', '\u{1F600}'];
  const ids = new Set<string>();
  for (const name of names) {
    const response = await notify('new_conversation', { external_conversation_id: name, contact });
    assert.equal(response.body.external_conversation_id, name);
    ids.add(response.body.conversation_id);
  }
  assert.equal(ids.size, names.length);
});

for (const bad of ['\u0000', '\u0007', '\n', '\u007f', '\ud800', '\udc00x']) {
  test(`row 44: ${JSON.stringify(bad)} in an id gets 400 parameter_invalid`, async () => {
    const response = await notify('new_conversation', { event_id: `a${bad}b` });
    assert.equal(response.status, 400);
    assert.deepEqual(faults(response), ['parameter_invalid event_id']);
  });
}

test('row 44: NUL is dropped, lone surrogates are replaced, line breaks stay', async () => {
  const opened = eventBody('new_conversation');
  const { body } = await post('new_conversation', opened);
  await post(
    'new_message',
    eventBody('new_message', {
      external_conversation_id: opened['external_conversation_id'],
      contact: { ...person(String(body.external_contact_id)), name: 'N\u0000ame \ud83d' },
      body: 'a\u0000b\ud800c\n\td',
    }),
  );
  const conversation = await call(
    'GET',
    `/conversations/${body.conversation_id}?display_as=plaintext`,
  );
  assert.equal(conversation.body.conversation_parts.conversation_parts[0].body, 'ab\ufffdc\n\td');
  const contact = await call('GET', `/contacts/${body.contact_id}`);
  assert.equal(contact.body.name, 'Name \ufffd');
});

test('row 44: body of nothing but NULs gets 400 as if it were missing', async () => {
  const response = await notify('new_message', { body: '\u0000\u0000' });
  assert.equal(response.status, 400);
  assert.equal(response.body.errors[0].message, 'body is required');
});

test('rejected bodies: store no event', async () => {
  const before = await database.sql<{ n: number }>('select count(*) as n from channel_events');
  for (const body of [
    {},
    [],
    { event_id: 'only' },
    eventBody('new_conversation', { contact: 5 }),
  ]) {
    assert.notEqual((await post('new_conversation', body)).status, 200);
  }
  const after = await database.sql<{ n: number }>('select count(*) as n from channel_events');
  assert.deepEqual(after, before);
});
