// Text files as editors write them: every encoding other than UTF-8 is named, and no file makes the reader hang.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodeText } from './decode-text.ts';
import { readTextFile } from './read-text-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-text-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const greeting = 'name: Gruss\nsteps:\n  - body: "Grüße, 5 €"\n';
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const utf32le = (text: string) =>
  Buffer.from(Uint32Array.from([...text].map((one) => one.codePointAt(0)!)).buffer);
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

const notUtf8: readonly (readonly [Buffer, line: number, RegExp])[] = [
  [Buffer.from(greeting, 'utf16le'), 1, /seems to be UTF-16 LE$/],
  [Buffer.from(`\uFEFF${greeting}`, 'utf16le'), 1, /seems to be UTF-16 LE$/],
  [utf16be(greeting), 1, /seems to be UTF-16 BE$/],
  [utf16be(`\uFEFF${greeting}`), 1, /seems to be UTF-16 BE$/],
  [Buffer.from('\uFEFF你好', 'utf16le'), 1, /seems to be UTF-16 LE$/],
  [Buffer.from('name: 你好，世界，你好\n', 'utf16le'), 1, /seems to be UTF-16 LE$/],
  [utf32le(`\uFEFF${greeting}`), 1, /seems to be UTF-32 LE$/],
  [latin1('a: b\nname: Größe\n'), 2, /seems to be Windows-1252 or Latin-1 \(ISO 8859-1\)$/],
  [latin1('a: b\r\n\r\nname: \xfcber\r\n'), 3, /seems to be Windows-1252 or Latin-1/],
  [bytes('price: 5 ', [0x80], '\n'), 1, /seems to be Windows-1252$/],
  [bytes('a: ', [0x93], 'hi', [0x94], '\nb: ', [0xfc], '\n'), 1, /seems to be Windows-1252$/],
  // "Привет" in Windows-1251, which cannot be distinguished from similar encodings.
  [bytes('a: ', [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), 1, /one or two bytes for a character$/],
  // Cut in the middle of a character, or pasted together from two encodings.
  [bytes('a: ü\nb: ', [0xc3]), 2, /is not UTF-8 throughout/],
  [bytes('a: ü\nb: ü\nc: ', [0xe9], '\n'), 3, /is not UTF-8 throughout/],
  [bytes('a: b\nc: \0\n'), 2, /has a NUL byte/],
];

test('text: rejects what is not UTF-8, with its line and likely encoding', () => {
  for (const [content, line, reason] of notUtf8) {
    const text = decodeText(content);
    assert.ok(!text.ok, String(reason));
    assert.match(text.error.reason, reason);
    assert.equal(text.error.line, line, String(reason));
    assert.doesNotMatch(JSON.stringify(text.error), /Gr|b:|name/, 'a line of the file is shown');
  }
  const latin = decodeText(latin1('ü'));
  assert.match(latin.ok ? '' : latin.error.remedy, /iconv -f WINDOWS-1252 -t UTF-8/);
});

test('text: accepts any UTF-8 and drops a byte order mark', () => {
  for (const text of [
    greeting,
    '',
    'Привет 你好 😀',
    'a\r\nb',
    '\u{10FFFF}\uFFFD',
    'é'.repeat(99_999),
  ]) {
    assert.deepEqual(decodeText(Buffer.from(text)), { ok: true, value: text });
    assert.deepEqual(decodeText(Buffer.from(`\uFEFF${text}`)), { ok: true, value: text });
  }
});

const reasonFor = (path: string, bytesMax = 1000): string => {
  const text = readTextFile(path, { bytesMax });
  return text.ok ? 'read' : text.error.reason;
};

test('text file: reads only regular files and never hangs', {
  timeout: 20_000,
}, async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const socket = join(folder, 'socket');
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  const link = join(folder, 'link');
  symlinkSync('/dev/zero', link);
  const circle = join(folder, 'circle');
  symlinkSync(circle, circle);
  assert.match(reasonFor(fifo), /^is a pipe, not a regular file$/);
  assert.match(reasonFor(socket), /^is a socket, not/);
  assert.match(reasonFor('/dev/zero'), /^is a device, not/);
  assert.match(reasonFor(link), /^is a device, not/);
  assert.match(reasonFor(folder), /^is a folder, not/);
  assert.match(reasonFor(circle), /circle/);
  assert.equal(reasonFor(join(folder, 'none')), 'does not exist');
  assert.equal(reasonFor('/dev/null/none'), 'does not exist');
  server.close();
});

test('text file: rejects one that is too large before reading it', () => {
  const file = join(folder, 'large');
  writeFileSync(file, 'x'.repeat(1000));
  assert.equal(reasonFor(file), 'read');
  writeFileSync(file, 'x'.repeat(1001));
  assert.match(reasonFor(file), /^has 1001 bytes or more, which is too large$/);
  // It claims a size of 0, but has contents.
  assert.match(reasonFor('/proc/self/environ', 1), /too large/);
  execFileSync('truncate', ['-s', '4G', file]);
  assert.match(reasonFor(file), /too large/);
});

test('text file: follows a link unless the path was resolved already', () => {
  const file = join(folder, 'plain');
  writeFileSync(file, 'text');
  const link = join(folder, 'to-plain');
  symlinkSync(file, link);
  assert.deepEqual(readTextFile(link, { bytesMax: 10 }), { ok: true, value: 'text' });
  assert.ok(!readTextFile(link, { bytesMax: 10, isResolved: true }).ok);
});
