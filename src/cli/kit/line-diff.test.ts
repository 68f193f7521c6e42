// The line diff: in the usual format, and correct for any two texts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffLines } from './line-diff.ts';

const textsOf = (from: string, to: string) => diffLines(from, to).map(({ text }) => text);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}\n`);

test('diff: returns nothing for equal texts', () => {
  assert.deepEqual(diffLines('a\nb\n', 'a\nb\n'), []);
  assert.deepEqual(diffLines('', ''), []);
});

test('diff: shows two distant changes apart, with three lines of context each', () => {
  const from = numbered(20);
  const to = from.toSpliced(2, 1, 'two\n', 'more\n').toSpliced(17, 1);
  assert.deepEqual(textsOf(from.join(''), to.join('')), [
    '@@ -1,6 +1,7 @@',
    ...[' 0', ' 1', '-2', '+two', '+more', ' 3', ' 4', ' 5'],
    '@@ -14,7 +15,6 @@',
    ...[' 13', ' 14', ' 15', '-16', ' 17', ' 18', ' 19'],
  ]);
});

test('diff: handles empty texts and a last line without a line end', () => {
  assert.deepEqual(textsOf('', 'a\n'), ['@@ -0,0 +1,1 @@', '+a']);
  assert.deepEqual(textsOf('a\n', ''), ['@@ -1,1 +0,0 @@', '-a']);
  assert.deepEqual(textsOf('a\nb', 'a\nb\n'), [
    '@@ -1,2 +1,2 @@',
    ...[' a', '-b', '\\ No newline at end of file', '+b'],
  ]);
});

test('diff: shows thousands of unrelated lines as replaced', () => {
  const from = numbered(5_000).join('');
  const lines = diffLines(from, from.replaceAll('\n', ' new\n'));
  assert.equal(lines.length, 10_001);
  assert.equal(lines[1]!.kind, 'removed');
  assert.equal(lines[5_001]!.kind, 'added');
});

test('diff: contains the lines of both texts and no more than necessary', () => {
  const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n'), { maxLength: 8 });
  fc.assert(
    fc.property(text, text, (from, to) => {
      const lines = diffLines(from.join(''), to.join(''));
      if (lines.length === 0) return assert.deepEqual(from, to);
      const side = (other: string) =>
        lines
          .filter(({ kind }) => kind !== other && kind !== 'place')
          .map(({ text }) => `${text.slice(1)}\n`);
      // With so few lines, most places begin at the first line and end at the last.
      assert.ok(from.join('').includes(side('added').join('')) || lines.length > 14);
      assert.ok(to.join('').includes(side('removed').join('')) || lines.length > 14);
      const changed = lines.filter(({ kind }) => kind === 'added' || kind === 'removed').length;
      assert.equal(changed, from.length + to.length - 2 * longestCommon(from, to));
    }),
  );
});

/** Counts the lines that two lists have in common, in order, with the textbook algorithm. */
function longestCommon(from: readonly string[], to: readonly string[]): number {
  const [first, ...rest] = from;
  if (first === undefined) return 0;
  const at = to.indexOf(first);
  const without = longestCommon(rest, to);
  return at < 0 ? without : Math.max(without, 1 + longestCommon(rest, to.slice(at + 1)));
}
