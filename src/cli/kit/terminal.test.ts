// Output on a terminal: no text can control the terminal, and colours appear only on terminals.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runParley, temporaryFolder } from '../../../test/cli/run-parley.ts';
import { harmless, harmlessCell, harmlessJson } from './terminal.ts';

const folder = temporaryFolder('terminal');
function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Escape sequences, a bell, an overwriting carriage return, a one-byte CSI, a reversed line. */
const nasty = '\u001b[2J\u0007a\rb\u009b31m\u202ec\u007f';

test('text: escapes control characters, keeps line ends, tabs, letters and emoji', () => {
  assert.equal(harmless(nasty), '\\x1b[2J\\x07a\\x0db\\x9b31m\\u202ec\\x7f');
  const plain = 'Zoë\t👩‍🚀 שלום\r\nnext\n';
  assert.equal(harmless(plain), plain);
});

test('cell of a table: escapes line ends, so that no row can be faked', () => {
  assert.equal(harmlessCell('a\nb\tc\r\nd'), 'a\\nb\\tc\\nd');
});

test('JSON: keeps its value and escapes control characters', () => {
  const json = harmlessJson(JSON.stringify({ name: nasty }));
  assert.deepEqual(JSON.parse(json), { name: nasty });
  assert.doesNotMatch(json, /[\p{Cc}\u202e]/u);
});

test('colours: follow FORCE_COLOR, NO_COLOR and a dumb terminal; none when piped', async () => {
  const folderOfNone = { PARLEY_DATA_DIR: join(folder, 'none') };
  const run = (settings: Record<string, string>) =>
    Promise.all([
      runParley(['config'], { settings }),
      runParley(['doctor'], { settings: { ...folderOfNone, ...settings } }),
      runParley(['--help'], { settings }),
      runParley(['nonsense'], { settings }),
    ]);
  for (const settings of [{}, { NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }]) {
    for (const { out, err } of await run(settings as Record<string, string>)) {
      assert.ok(!(out + err).includes('\u001b'), JSON.stringify(settings));
    }
  }
  const [config, doctor, help, failed] = await run({ FORCE_COLOR: '1' });
  assert.ok(config.out.startsWith('\u001b[1mSETTING'));
  assert.ok(doctor.out.startsWith('\u001b[32mok\u001b[39m    node '));
  assert.ok(help.out.includes('\u001b[1mRun a server:\u001b[22m\n'));
  assert.ok(failed.err.startsWith('\u001b[31mparley:\u001b[39m unknown command'));
  // Untrusted text stays escaped beside colours.
  const hostile = await runParley(['\u001b[2J'], { settings: { FORCE_COLOR: '1' } });
  assert.match(hostile.err, /unknown command "\\x1b\[2J"/);
});

test('hostile workflow file: simulate prints no escape sequence, run or rejected', async () => {
  const workflow = (step: string) =>
    `name: Hello\ntrigger: { on: new_message }\nsteps:\n  - { id: a, do: ${step} }\n`;
  const talk = write('talk.yaml', 'steps:\n  - { say: "Hi \\e[31m" }\n');
  const played = write('played.yaml', workflow('send_message, body: "red \\e[31m \\x9b2J"'));
  const rejected = write('rejected.yaml', workflow('"\\e]0;owned\\a\\nparley: all is well"'));
  const [text, json, faults] = await Promise.all([
    runParley(['simulate', played, '--script', talk]),
    runParley(['simulate', played, '--script', talk, '--json']),
    runParley(['simulate', rejected, '--script', talk]),
  ]);
  assert.equal(text.code, 0, text.err);
  assert.match(text.out, /red \\x1b\[31m \\x9b2J/);
  assert.match(JSON.stringify(json.json().exchange), /red \\u001b\[31m/);
  assert.equal(faults.code, 2);
  assert.match(
    faults.err,
    /is not a kind of step: "\\u001b\]0;owned\\u0007\\nparley: all is well"/,
  );
  for (const { out, err } of [text, json, faults]) {
    assert.doesNotMatch(out + err, /(?!\n)\p{Cc}/u);
  }
});
