import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contactId, effectId } from './ids.ts';

test('effect id: the ids of a signal lie below those of the next', () => {
  assert.equal(effectId(1000, 0), 256_000);
  assert.equal(effectId(1000, 255) + 1, effectId(1001, 0));
});

test('effect id: throws for one effect too many or numbers used up', () => {
  assert.throws(() => effectId(1, 256), RangeError);
  assert.throws(() => effectId(1, -1), RangeError);
  assert.throws(() => effectId(2 ** 46, 0), RangeError);
});

test('contact id: has 24 hex characters, seconds first, unique by signal', () => {
  assert.equal(contactId(1000, 0, 1_795_000_000_999), '6afd86c0000000000003e800');
  assert.notEqual(contactId(1000, 0, 1), contactId(1001, 0, 1));
  assert.match(contactId(3e13, 255, 8e12), /^[0-9a-f]{24}$/);
});
