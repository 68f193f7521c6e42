import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPattern, isFoundIn } from './pattern.ts';

const found: readonly (readonly [text: string, pattern: string, isFound: boolean])[] = [
  ['order EU-77 please', 'EU-[0-9]+', true],
  ['order EU-77 please', '^EU-[0-9]+$', false],
  ['EU-77', '^EU-[0-9]+$', true],
  ['eu-77', '(?i)^EU-', true],
  ['a\nEU-77', '(?m)^EU', true],
  ['Zürich 😀', '^\\p{L}+ .$', true],
  ['anything', '', true],
  ['anything', '(', false],
];

for (const [text, pattern, isFound] of found) {
  test(`pattern: ${pattern} ${isFound ? 'is' : 'is not'} found in ${JSON.stringify(text)}`, () => {
    assert.equal(isFoundIn(text, pattern), isFound);
  });
}

const wrong = ['(', '[a', '(?=x)', '(a)\\1', 'a{2000}', '((a{100}){100}){100}', 'x'.repeat(1001)];

for (const pattern of wrong) {
  test(`pattern: the check rejects ${pattern.slice(0, 30)}`, () => {
    assert.match(checkPattern(pattern) ?? '', /\S/);
    assert.equal(isFoundIn('a', pattern), false);
  });
}

test('pattern: works for more patterns than are cached', () => {
  for (let number = 0; number < 1100; number += 1) {
    assert.equal(checkPattern(`^${number}$`), null);
    assert.equal(isFoundIn(String(number), `^${number}$`), true);
  }
  assert.equal(isFoundIn('0', '^0$'), true);
});

test('pattern: rejects excessive repetition and matches no long text', () => {
  assert.match(checkPattern(`${'(x{0,1000})'.repeat(20)}y`) ?? '', /repeats too much/);
  assert.equal(isFoundIn('a'.repeat(1_000), 'a$'), true);
  assert.equal(isFoundIn('a'.repeat(1_001), 'a$'), false);
});

test('pattern: accepts useful sizes and rejects costly ones', () => {
  const mail = '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,63}$';
  const iban = '^[A-Z]{2}\\d{2}[A-Z0-9]{11,30}$';
  for (const pattern of [mail, iban, '^.{1,100}$', '^\\+?[0-9 ()-]{6,20}$']) {
    assert.equal(checkPattern(pattern), null, pattern);
  }
  for (const pattern of ['(?:a?){300}a{300}', '(?i)\\pL{400}', '^.{1,400}$']) {
    assert.match(checkPattern(pattern) ?? '', /repeats too much/, pattern);
    assert.equal(isFoundIn('a'.repeat(500), pattern), false);
  }
});

test('pattern: the worst case costs milliseconds', () => {
  // The fastest of several patterns counts: other work on the machine must not matter.
  const slowest = [80, 81, 82, 83, 84].map((count) => {
    const pattern = `(?:a?){${count}}a{${count}}`;
    assert.equal(checkPattern(pattern), null);
    const startedAt = performance.now();
    isFoundIn('a'.repeat(1_000), pattern);
    isFoundIn('a'.repeat(100_000), pattern);
    return performance.now() - startedAt;
  });
  assert.ok(Math.min(...slowest) < 50, `${Math.min(...slowest)} ms`);
});
