// Contract rows 42 to 44: the same rules for an id in a body and in a path.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { call, notify } = await startTestParley();

const stateOf = (externalId: string) =>
  call('GET', `/parley/v1/conversations/external/${encodeURIComponent(externalId)}/state`);
const traceOf = (externalId: string) =>
  call('GET', `/parley/v1/conversations/external/${encodeURIComponent(externalId)}/trace`);

const taken: Readonly<Record<string, string>> = {
  'an emoji': 'chat-😀',
  'a family of code points': '👩‍👩‍👧‍👦 family',
  'a rare Chinese character': '𠮷野家',
  'a combining accent, not composed': 'cafe\u0301',
  slashes: 'a/b//c?d#e&f=g+h%20i',
  'white space around it': '  padded  ',
  '255 characters beyond U+FFFF': '😀'.repeat(255),
  '255 plain characters': 'x'.repeat(255),
  'a private-use character': 'x\ue000y\u{10ffff}',
};

for (const [what, id] of Object.entries(taken)) {
  test(`row 43: id with ${what} is stored and found again`, async () => {
    const fields = { external_conversation_id: id, contact: person(`writer_${nextNumber()}`) };
    const made = await notify('new_conversation', fields);
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.equal(made.body.external_conversation_id, id);
    for (const found of [await stateOf(id), await traceOf(id)]) {
      assert.equal(found.status, 200, JSON.stringify(found.body));
      assert.equal(found.body.conversation_id, made.body.conversation_id);
    }
  });
}

const rejected: Readonly<Record<string, string>> = {
  '256 characters beyond U+FFFF': '😀'.repeat(256),
  '256 plain characters': 'x'.repeat(256),
  'a control character': 'a\u0007b',
  'a deleted character': 'a\u007fb',
  'white space only': ' \n ',
};

for (const [what, id] of Object.entries(rejected)) {
  test(`row 42: id of ${what} is rejected in a body and unknown in a path`, async () => {
    const fields = { external_conversation_id: id, contact: person(`writer_${nextNumber()}`) };
    const made = await notify('new_conversation', fields);
    assert.equal(made.status, 400);
    assert.equal(made.body.errors[0].field, 'external_conversation_id');
    assert.equal((await stateOf(id)).status, 404);
  });
}

test('row 44: id with half of a surrogate pair is rejected', async () => {
  const fields = { external_conversation_id: 'a\ud83d', contact: person(`writer_${nextNumber()}`) };
  assert.equal((await notify('new_conversation', fields)).status, 400);
});

test('row 44: path that is not UTF-8 is rejected, not served as another id', async () => {
  const { status } = await call('GET', '/parley/v1/conversations/external/a%ff%fe/state');
  assert.ok(status === 400 || status === 404, String(status));
});

test('row 1: event_id beyond U+FFFF replays its first response', async () => {
  const event = {
    event_id: `evt-😀-${nextNumber()}`,
    external_conversation_id: `chat-${nextNumber()}`,
    contact: person(`writer_${nextNumber()}`),
  };
  const first = await notify('new_conversation', event);
  const second = await notify('new_conversation', event);
  assert.equal(first.status, 200);
  assert.deepEqual(second.body, first.body);
});
