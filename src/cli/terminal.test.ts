// What reaches a terminal: nothing that it would obey, whoever wrote it, and colours only where somebody looks.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runParley, temporaryFolder } from '../../test/cli/run-parley.ts';
import { columns } from './print.ts';
import { coloured, harmless, harmlessCell, harmlessJson, hasColours } from './terminal.ts';

const folder = temporaryFolder('terminal');
function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Escape sequences, a bell, a carriage return that overwrites, one byte for ESC [, a line turned round. */
const nasty = '\u001b[2J\u0007a\rb\u009b31m\u202ec\u007f';

test('text: what a terminal obeys, spelt out; line ends, tabs, letters and emoji, as they are', () => {
  assert.equal(harmless(nasty), '\\x1b[2J\\x07a\\x0db\\x9b31m\\u202ec\\x7f');
  const plain = 'Zoë\t👩‍🚀 שלום\r\nnext\n';
  assert.equal(harmless(plain), plain);
});

test('cell of a table: a line of its own in it, spelt out, so that no row can be faked', () => {
  assert.equal(harmlessCell('a\nb\tc\r\nd'), 'a\\nb\\tc\\nd');
  assert.equal(columns(['NAME', 'STATE'], [['x\ny', 'on']]).split('\n').length, 2);
});

test('JSON: the same value, and nothing to obey', () => {
  const json = harmlessJson(JSON.stringify({ name: nasty }));
  assert.deepEqual(JSON.parse(json), { name: nasty });
  assert.doesNotMatch(json, /[\p{Cc}\u202e]/u);
});

test('colours: at a terminal, unless NO_COLOR or a dumb one; each line for itself', () => {
  assert.ok(hasColours({ isTTY: true }, { NO_COLOR: '' }));
  assert.ok(!hasColours({ isTTY: true }, { NO_COLOR: '1' }));
  assert.ok(!hasColours({ isTTY: true }, { TERM: 'dumb' }));
  assert.ok(!hasColours({}, {}));
  assert.equal(coloured('a\nb', 'added'), '\u001b[32ma\u001b[0m\n\u001b[32mb\u001b[0m');
});

test('a hostile workflow file: played and refused, no escape sequence comes out', async () => {
  const workflow = (step: string) =>
    `name: Hello\ntrigger: { on: new_message }\nsteps:\n  - { id: a, do: ${step} }\n`;
  const talk = write('talk.yaml', 'steps:\n  - { say: "Hi \\e[31m" }\n');
  const played = write('played.yaml', workflow('send_message, body: "red \\e[31m \\x9b2J"'));
  const refused = write('refused.yaml', workflow('"\\e]0;owned\\a\\nparley: all is well"'));
  const [text, json, faults] = await Promise.all([
    runParley(['simulate', played, '--script', talk]),
    runParley(['simulate', played, '--script', talk, '--json']),
    runParley(['simulate', refused, '--script', talk]),
  ]);
  assert.equal(text.code, 0, text.err);
  assert.match(text.out, /red \\x1b\[31m \\x9b2J/);
  assert.match(JSON.stringify(json.json().exchange), /red \\u001b\[31m/);
  assert.equal(faults.code, 2);
  assert.match(faults.err, /is no kind of step: "\\x1b\]0;owned\\x07\\nparley: all is well"/);
  for (const { out, err } of [text, json, faults]) {
    assert.doesNotMatch(out + err, /(?!\n)\p{Cc}/u);
  }
});
