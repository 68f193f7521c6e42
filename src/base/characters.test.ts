// Counting characters as JSON Schema and PostgreSQL do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countCharacters, firstCharacters, shorten, wholeStart } from './characters.ts';

test('characters: a text is shortened at a whole character', () => {
  assert.equal(shorten('a😀b', 3), 'a😀b');
  assert.equal(shorten('a😀b😀', 3), 'a😀…');
  assert.equal(shorten('😀😀', 1), '…');
  assert.equal(firstCharacters('😀😀x', 2), '😀😀');
  assert.equal(firstCharacters('ab', 9), 'ab');
});

test('characters: the start of a text ends with a whole character', () => {
  assert.equal(wholeStart('ab😀', 3), 'ab');
  assert.equal(wholeStart('ab😀', 4), 'ab😀');
  assert.equal(wholeStart('😀', 0), '');
  assert.equal(wholeStart('ab', 9), 'ab');
});

test('characters: counts a code point beyond U+FFFF once', () => {
  assert.equal(countCharacters(''), 0);
  assert.equal(countCharacters('chat-😀'), 6);
  assert.equal(countCharacters('\ud83d'), 1);
  assert.equal(countCharacters('\ude00\ud83d'), 2);
});

test('characters: agrees with the iterator of strings for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(countCharacters(text), [...text].length);
    }),
  );
});
