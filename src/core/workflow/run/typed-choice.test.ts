// Typed texts and the buttons that they choose.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTyped, foldText, numberedLines } from './typed-choice.ts';

const same: readonly (readonly [string, string])[] = [
  ['An order', '  aN   ORDER\n'],
  ['Straße', 'STRASSE'],
  ['STRAẞE', 'strasse'],
  ['İstanbul', 'istanbul'],
  ['Istanbul', 'ıstanbul'],
  ['ISTANBUL', 'İstanbul'],
  ['ΟΔΟΣ', 'οδος'],
  ['οδοσ', 'ΟΔΟς'],
  ['Café', 'CAFE\u0301'],
  ['ﬁne', 'FINE'],
  ['Ｙｅｓ', 'yes'],
  ['Yes\u00a0please', 'yes please'],
  ['❤️ Love', '❤ love'],
  ['a\u200bb\ufeff', 'AB'],
  ['ǆ', 'Ǆ'],
];

test('folding: ignores case, accents, width and blanks', () => {
  for (const [one, other] of same) assert.equal(foldText(one), foldText(other), `${one} ${other}`);
});

test('folding: keeps different words apart', () => {
  for (const [one, other] of [
    ['no', 'now'],
    ['resume', 'résumé'],
    ['a b', 'ab'],
    ['o', 'ö'],
  ] as const) {
    assert.notEqual(foldText(one), foldText(other));
  }
});

test('folding: is idempotent for every character', () => {
  for (let code = 0; code < 0x2_ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const text = `x${String.fromCodePoint(code)}y`;
    const once = foldText(text);
    assert.equal(foldText(once), once, code.toString(16));
    assert.equal(foldText(text.toUpperCase()), once, code.toString(16));
  }
});

const texts = ['An order', 'Straße', 'yes', 'YES', '2'];

const cases: readonly (readonly [typed: string, byPlace: boolean, choice: number | string])[] = [
  ['an order', false, 0],
  ['strasse', false, 1],
  // Exactly one of two texts that differ only in case; any other case could be both.
  ['yes', false, 2],
  ['YES', false, 3],
  ['Yes', false, 'several'],
  ['other', true, 'none'],
  ['', true, 'none'],
  ['   ', true, 'none'],
  ['\u200b', true, 'none'],
  // A text that is a number has priority over a position.
  ['2', true, 4],
  ['3', true, 2],
  ['3', false, 'none'],
  ['3.', true, 2],
  ['3)', true, 2],
  ['#3', true, 2],
  [' ３ ', true, 2],
  ['٣', true, 2],
  ['३', true, 2],
  ['0', true, 'none'],
  ['6', true, 'none'],
  ['-1', true, 'none'],
  ['3 please', true, 'none'],
  ['1e0', true, 'none'],
  ['99999999999999999999', true, 'none'],
];

for (const [typed, byPlace, choice] of cases) {
  test(`typed: ${JSON.stringify(typed)}${byPlace ? ' without buttons' : ''} chooses ${choice}`, () => {
    assert.equal(findTyped(texts, typed, { byPlace }), choice);
  });
}

test('typed: chooses neither of two buttons with the same text', () => {
  assert.equal(findTyped(['A', 'A '], 'A', { byPlace: true }), 'several');
});

test('numbered lines: makes one line for each text', () => {
  assert.equal(numberedLines(['An order', 'two\nlines']), '1. An order\n2. two lines');
});
