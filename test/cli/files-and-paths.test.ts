// File arguments of commands: a ~ that no shell expanded, other encodings, and paths that are no regular file.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ran, runParley, temporaryFolder } from './run-parley.ts';

const home = temporaryFolder('paths');
const parley = (words: readonly string[], settings: Record<string, string> = {}): Promise<Ran> =>
  runParley(words, { settings: { HOME: home, ...settings } });

const workflow = `name: Greeting
trigger: { on: new_conversation }
steps:
  - { id: hello, do: send_message, body: "Grüße" }
`;
const scriptText = `workflows: [~/other.yaml]
steps:
  - start
  - expect: { message: "Grüße" }
`;
writeFileSync(join(home, 'flow.yaml'), workflow);
writeFileSync(join(home, 'other.yaml'), workflow.replace('Greeting', 'Other'));
writeFileSync(join(home, 'talk.yaml'), scriptText);
writeFileSync(join(home, 'latin.yaml'), Buffer.from(workflow, 'latin1'));
writeFileSync(join(home, 'wide.yaml'), Buffer.from(`\uFEFF${scriptText}`, 'utf16le'));
execFileSync('mkfifo', [join(home, 'pipe')]);

test('settings: expand ~ in every path and reject ~ with a name', async () => {
  const names = ['PARLEY_DATA_DIR', 'PARLEY_CONFIG'];
  const withPath = (path: string) => Object.fromEntries(names.map((name) => [name, path]));
  const ran = await parley(['config', '--json'], withPath('~/x y'));
  const shown: { name: string; value: string }[] = ran.json().settings;
  for (const name of names) {
    assert.equal(shown.find((one) => one.name === name)?.value, join(home, 'x y'));
  }
  const rejected = await parley(['serve'], withPath('~nobody/x'));
  assert.equal(rejected.code, 2);
  for (const name of names) {
    assert.match(rejected.err, new RegExp(`${name} must be written out: .*, not "~nobody/x"`));
  }
});

test('options: expand ~ in every path and reject ~ with a name', async () => {
  const simulated = await parley(['simulate', '~/flow.yaml', '--script=~/talk.yaml']);
  assert.match(simulated.out, /^Greeting, Other on/, simulated.err);
  assert.equal(simulated.code, 0);
  for (const words of [
    ['simulate', '~nobody/x', '--script', join(home, 'talk.yaml')],
    ['simulate', 'x', '--script=~nobody/x'],
    ['apply', '--file=~nobody/x'],
    ['replay', '1', '--workflow=~nobody/x'],
    ['backup', '~nobody/x'],
    ['restore', '--check', '~nobody/x'],
    ['signature', 'check', '--secret=x', '--header=a: b', '--body-file=~nobody/x'],
  ]) {
    const ran = await parley(words);
    assert.equal(ran.code, 2, words.join(' '));
    assert.match(ran.err, /^parley: \S+ must be written out: ~ with the name/, words.join(' '));
  }
});

test('commands: reject files that are not UTF-8 with line and encoding', async () => {
  const [latin, wide] = await Promise.all([
    parley(['simulate', join(home, 'latin.yaml'), '--script', join(home, 'talk.yaml')]),
    parley(['simulate', join(home, 'flow.yaml'), '--script', join(home, 'wide.yaml')]),
  ]);
  assert.match(latin.err, /latin\.yaml:4: is not UTF-8: it seems to be Windows-1252 or Latin-1/);
  assert.match(wide.err, /wide\.yaml:1: is not UTF-8: it seems to be UTF-16 LE/);
  assert.deepEqual([latin.code, wide.code], [2, 2]);
  const body = ['signature', 'check', '--secret=x', '--header=a: b'];
  const check = await parley([...body, '--body-file', join(home, 'latin.yaml')]);
  assert.match(check.err, /^parley: the body is not UTF-8/);
});

test('commands: reject a pipe, a device or a folder at once', { timeout: 60_000 }, async () => {
  const script = join(home, 'talk.yaml');
  for (const [place, what] of [
    [join(home, 'pipe'), 'a pipe'],
    ['/dev/zero', 'a device'],
    [home, 'a folder'],
  ] as const) {
    const calls = [
      ['simulate', place, '--script', script],
      ['simulate', join(home, 'flow.yaml'), '--script', place],
      ['apply', '-f', place],
      ['signature', 'check', '--secret=x', '--header=a: b', '--body-file', place],
    ];
    for (const ran of await Promise.all(calls.map((words) => parley(words)))) {
      assert.match(ran.err, new RegExp(`is ${what}, not a regular file`));
      assert.ok(ran.code === 1 || ran.code === 2);
    }
    const restore = await parley(['restore', '--check', place]);
    assert.match(restore.err, /is not a regular file|is a folder/);
  }
});
