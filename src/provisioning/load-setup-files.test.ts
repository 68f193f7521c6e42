// parley.yaml and its workflows as files: encodings, where they may be, and what findings must not reveal.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { showFinding } from './finding.ts';
import { loadSetup } from './load-setup.ts';
import { writeSetupFiles } from './setup-files.fixture.ts';

const workflow = `name: Greeting
trigger: { on: new_conversation }
steps:
  - { id: hello, do: send_message, body: "Grüße" }
`;

function findingsOf(path: string, environment: Readonly<Record<string, string>> = {}): string[] {
  const loaded = loadSetup(path, environment);
  if (loaded.ok) return [];
  return loaded.error.map((one) => showFinding({ ...one, file: basename(one.file) }));
}

test('setup files: rejects what is not UTF-8 with file, line and encoding', () => {
  const path = writeSetupFiles({ 'parley.yaml': 'workflows: [flow.yaml]', 'flow.yaml': '' });
  const flow = join(dirname(path), 'flow.yaml');
  for (const [content, expected] of [
    [Buffer.from(workflow, 'latin1'), /^flow\.yaml:4: is not UTF-8: it seems to be Windows-1252/],
    [Buffer.from(workflow, 'utf16le'), /^flow\.yaml:1: is not UTF-8: it seems to be UTF-16 LE/],
  ] as const) {
    writeFileSync(flow, content);
    assert.match(findingsOf(path).join('\n'), expected);
    writeFileSync(path, content);
    assert.match(
      findingsOf(path).join('\n'),
      new RegExp(expected.source.replace('flow', 'parley')),
    );
    writeFileSync(path, '\uFEFFworkflows: [flow.yaml]');
  }
  writeFileSync(flow, `\uFEFF${workflow}`);
  assert.deepEqual(findingsOf(path), []);
});

test('setup files: endless aliases or brackets give one finding each', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of ['b', 'c', 'd', 'e', 'f', 'g', 'h'].entries()) {
    const alias = `*${'abcdefgh'[index]}`;
    bomb.push(`${name}: &${name} [${Array(10).fill(alias).join(', ')}]`);
  }
  for (const [text, expected] of [
    ['admins: &x\n  - *x', /^parley\.yaml:2: .*it would contain itself: write the value out$/],
    ['workspace: x\ntags: &t [a, [b, *t]]', /^parley\.yaml:2: .*it would contain itself/],
    ['&root\nchannels: [{ name: a, callback: *root }]', /^parley\.yaml:2: .*contain itself/],
    ['tags:\n  - *later\n  - &later x', /^parley\.yaml:2: .*no anchor &later before it: .*quotes$/],
    [bomb.join('\n'), /^parley\.yaml:5: has aliases that expand to more than 100000 values/],
    [
      `tags:\n  ${'['.repeat(150)}${']'.repeat(150)}`,
      /^parley\.yaml:2: nests deeper than 100 levels/,
    ],
    [`tags: ${'['.repeat(20_000)}`, /^parley\.yaml:1: .*nests too deeply/],
    [`tags: ${'{a: '.repeat(20_000)}`, /^parley\.yaml:1: .*nests too deeply/],
  ] as const) {
    const findings = findingsOf(writeSetupFiles({ 'parley.yaml': text }));
    assert.equal(findings.length, 1, findings.join('\n'));
    assert.match(findings[0]!, expected);
  }
});

test('setup files: accepts an alias that is used often', () => {
  const use = '{ name: NAME, callback: *c }';
  const channels = Array.from({ length: 300 }, (_, index) => use.replace('NAME', `n${index}`));
  channels[0] = '{ name: n0, callback: &c { url: "https://x.example" } }';
  const path = writeSetupFiles({ 'parley.yaml': `channels: [${channels.join(', ')}]` });
  assert.deepEqual(findingsOf(path), []);
});

test('setup files: rejects what is not a regular file at once', { timeout: 20_000 }, () => {
  const path = writeSetupFiles({ 'parley.yaml': 'workflows: [flow.yaml, folder]' });
  const flow = join(dirname(path), 'flow.yaml');
  execFileSync('mkfifo', [flow]);
  mkdirSync(join(dirname(path), 'folder'));
  const findings = findingsOf(path).join('\n');
  assert.match(findings, /flow\.yaml: is a pipe, not a regular file: write what comes out of it/);
  assert.match(findings, /folder: is a folder, not a regular file/);
  assert.match(findingsOf('/dev/zero').join('\n'), /zero: is a device, not a regular file/);
  assert.match(findingsOf(flow).join('\n'), /is a pipe/);
});

test('workflow paths: must stay in the folder of parley.yaml, also through links', () => {
  const path = writeSetupFiles({
    'conf/parley.yaml': '',
    'conf/flows/flow.yaml': workflow,
    'secret.txt': 'hidden: "line',
    'other/flow.yaml': workflow,
  });
  const folder = join(dirname(path), 'conf');
  const file = join(folder, 'parley.yaml');
  symlinkSync('../secret.txt', join(folder, 'link.yaml'));
  symlinkSync('../other', join(folder, 'linked'));
  symlinkSync('flows/flow.yaml', join(folder, 'inside.yaml'));
  for (const [written, expected] of [
    ['../secret.txt', /is outside the folder of this file/],
    ['../conf2/x.yaml', /is outside/],
    ['flows/../../secret.txt', /is outside/],
    ['/etc/passwd', /is outside/],
    ['~/x.yaml', /is outside/],
    ['link.yaml', /is a link to a file outside/],
    ['linked/flow.yaml', /is a link to a file outside/],
  ] as const) {
    writeFileSync(file, `workflows:\n  - "${written}"\n`);
    const findings = findingsOf(file);
    assert.equal(findings.length, 1, findings.join('\n'));
    assert.match(findings[0]!, /^parley\.yaml:2: workflows\[0\] .*: put the workflow beside/);
    assert.match(findings[0]!, expected);
    assert.doesNotMatch(findings[0]!, /hidden|root:/);
  }
  for (const written of ['inside.yaml', 'flows/flow.yaml', './flows/../flows/flow.yaml']) {
    writeFileSync(file, `workflows: ["${written}"]`);
    assert.deepEqual(findingsOf(file), [], written);
  }
  const linked = join(dirname(path), 'linked.d');
  symlinkSync(folder, linked);
  assert.deepEqual(findingsOf(join(linked, 'parley.yaml')), [], 'the folder itself is a link');
});

/** Each text has a variable at `<NAME>`. */
const withVariables = (text: string): string =>
  text.replaceAll(/<(\w+)>/g, (_, name) => `\${env:${name}}`);

test('variables: findings never show their values, wherever they appear', () => {
  const environment = {
    SECRET: 'hunter2-secret',
    UPPER: 'Hunter3@Secret',
    SHORT: 'xy1',
    ORIGIN: 'https://Hunter4.example/path',
    LONG: `begin-${'z'.repeat(200)}`,
    BROKEN: 'Gr\uFFFD\uFFFDe',
  };
  const documents = [
    'workflows: ["<SECRET>"]',
    'workflows: ["flows/<SHORT>/<SECRET>.yaml"]',
    'workflows: ["../<SECRET>"]',
    'workspace: " <SECRET>"',
    'tags: ["<SECRET>", "<SECRET>"]',
    'tags: ["<SHORT>", "<SHORT>"]',
    'channels: [{ name: "<SECRET>" }, { name: "<SECRET>" }]',
    'channels: [{ name: "<SHORT>" }, { name: "<SHORT>" }]',
    'admins: [{ email: "<UPPER>" }, { email: "<UPPER>" }]',
    'admins: [{ email: "<SECRET>" }]',
    'teams: ["<SECRET>"]',
    'channels: "<LONG>"',
    'channels: [{ name: a, enabled: "<SECRET>" }]',
    'channels: [{ name: a, callback: { url: "<SECRET>" } }]',
    'channels: [{ name: a, callback: { timeout: "<SECRET>" } }]',
    'channels: [{ name: a, callback: { allow_cidrs: ["<SECRET>"] } }]',
    'channels: [{ name: a, callback: { token: { header: "<SECRET> x", value: y } } }]',
    'data_attributes: [{ name: "<SECRET>", type: "<SHORT>" }]',
    'data_attributes: [{ name: a, type: options, options: ["<SECRET>", "<SECRET>"] }]',
    'tags: ["<BROKEN>"]',
    'channels: [{ name: a, allowed_origins: ["<ORIGIN>"] }]',
    'channels: [{ name: a, time_zone: "<SECRET>" }]',
    'tags: ["<SECRET>", "Hunter2-SECRET"]',
    'channels: [{ name: a, callback: { token: { header: X, value: "<SECRET>\\n" } } }]',
    'secrets: { a: "<SECRET>\\n" }',
    'channels: { name: "<SECRET>" }',
    'workspace: ["<SECRET>"]',
    'admins: [{ email: "<SECRET>@x.y" }, { email: "HUNTER2-secret@x.y" }]',
  ];
  for (const text of documents) {
    const file = writeSetupFiles({ 'parley.yaml': withVariables(text) });
    const loaded = loadSetup(file, environment);
    assert.ok(!loaded.ok, text);
    const all = JSON.stringify(loaded.error);
    assert.doesNotMatch(all, /hunter|xy1|zzz|\uFFFD/i, `${text}: ${all}`);
    assert.ok(loaded.error[0]!.reason.length > 5);
  }
});

test('workflow paths: findings about odd paths reveal no line of a file', () => {
  const path = writeSetupFiles({ 'conf/parley.yaml': '', 'secret.txt': 'hidden: {x\n"line' });
  const folder = join(dirname(path), 'conf');
  const file = join(folder, 'parley.yaml');
  symlinkSync('second', join(folder, 'first'));
  symlinkSync('../secret.txt', join(folder, 'second'));
  symlinkSync('loop', join(folder, 'loop'));
  symlinkSync('..', join(folder, 'up'));
  symlinkSync('/proc/self', join(folder, 'process'));
  for (const written of [
    'first',
    'loop',
    'up/secret.txt',
    './up/../../secret.txt',
    'process/environ',
    'process/root/etc/passwd',
    'process/fd/0',
    '//etc/passwd',
    '/dev/stdin',
    'file:///etc/passwd',
    '..',
    'up',
    '.',
    '~root/x',
    '%2e%2e/secret.txt',
    'x'.repeat(900),
  ]) {
    writeFileSync(file, `workflows: ["${written}"]`);
    const findings = findingsOf(file);
    assert.equal(findings.length, 1, written);
    assert.doesNotMatch(findings[0]!, /hidden|root:|PATH=|YAML/, written);
  }
});

test('variables: may name a workflow file, which is shown as written', () => {
  const path = writeSetupFiles({
    'parley.yaml': withVariables('workflows: ["<FLOW>.yaml"]'),
    'hunter2.yaml': 'name: [',
  });
  const findings = findingsOf(path, { FLOW: 'hunter2' });
  assert.equal(findings.length, 1);
  assert.match(findings[0]!, /^\$\{env:FLOW\}\.yaml:1: is not valid YAML/);
});
