import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { cutTo, layOutPairs, layOutTable, wrapParagraphs, wrapWords } from './table.ts';

const widest = (text: string): number => Math.max(...text.split('\n').map((l) => stringWidth(l)));
const id = '01a1ee87-3200-7000-8000-007d20200001';

test('table: aligns columns and cuts nothing if it fits', () => {
  const table = layOutTable(
    ['ID', 'NAME'],
    [
      ['1', 'a name'],
      ['22', 'b'],
    ],
    { width: 80 },
  );
  assert.equal(table, 'ID  NAME\n1   a name\n22  b');
});

test('table: cuts words with … if too wide, but never values to copy', () => {
  const rows = [[id, 'It could not be delivered because the app answered 400', 'yes']];
  const table = layOutTable(['EVENT', 'REASON', 'AGAIN'], rows, { width: 70 });
  assert.equal(widest(table), 70);
  assert.ok(table.includes(id));
  assert.match(table, /It could not be del.*… {2}yes/);
});

test('table: prints everything when not on a terminal', () => {
  const long = 'word '.repeat(100).trim();
  assert.ok(layOutTable(['A', 'B'], [[long, id]], { width: null }).includes(`${long}  ${id}`));
});

test('table: prints records if ids alone are wider than the terminal', () => {
  const rows = [
    [id, id, 'some words that are rather too long for a line of a narrow terminal window'],
    [id, '', 'b'],
  ];
  const table = layOutTable(['EVENT', 'OTHER', 'WHY'], rows, { width: 60 });
  assert.equal(
    table,
    [
      `EVENT  ${id}`,
      `OTHER  ${id}`,
      'WHY    some words that are rather too long for a line of a…',
      '',
      `EVENT  ${id}`,
      'OTHER',
      'WHY    b',
    ].join('\n'),
  );
});

test('table: aligns columns with wide characters, emoji and accents', () => {
  const rows = [
    ['日本語', 'x'],
    ['👩‍👩‍👧', 'x'],
    ['e\u0301a', 'x'],
    ['plain', 'x'],
  ];
  const columns = layOutTable(['NAME', 'B'], rows, { width: 80 })
    .split('\n')
    .map((line) => stringWidth(line.slice(0, line.search(/[Bx]$/))));
  assert.deepEqual(new Set(columns), new Set([8]));
  assert.equal(cutTo('日本語日本語', 7), '日本語…');
  assert.equal(cutTo('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5), '👩‍👩‍👧👩‍👩‍👧…');
  assert.ok(stringWidth(cutTo('日本語日本語', 6)) <= 6);
});

test('table: keeps a cell with lines or escape sequences on one harmless line', () => {
  const table = layOutTable(['A', 'B'], [['x\ny', '\u001b[31mred']], { width: 80 });
  assert.equal(table, 'A     B\nx\\ny  \\x1b[31mred');
});

test('table: wraps the last column without losing words', () => {
  const about = 'Address to listen on. 0.0.0.0 opens it to the network.';
  const table = layOutTable(['SETTING', 'ABOUT'], [['PARLEY_HOST', about]], {
    width: 40,
    wrapsLast: true,
  });
  assert.ok(widest(table) <= 40);
  assert.equal(table.split('\n').slice(1).join(' ').replaceAll(/ +/g, ' '), `PARLEY_HOST ${about}`);
});

test('paragraphs: wrap between words; indented and empty lines stay', () => {
  const text = 'One two\nthree four.\n\nFive:\n  six   seven eight nine ten\nEleven';
  assert.equal(
    wrapParagraphs(text, 14),
    'One two three\nfour.\n\nFive:\n  six   seven eight nine ten\nEleven',
  );
  assert.deepEqual(wrapWords('a_word_longer_than_that b', 5), ['a_word_longer_than_that', 'b']);
});

test('pairs: keep descriptions beside their names', () => {
  const pairs = layOutPairs([['parley serve', 'Run the server until Ctrl-C or SIGTERM.']], 40);
  assert.equal(pairs, '  parley serve  Run the server until\n                Ctrl-C or SIGTERM.');
});
