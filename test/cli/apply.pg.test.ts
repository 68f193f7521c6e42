// The commands apply, workflows and channel rotate-secret, run as processes on a real database.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { SecretBox } from '../../src/base/seal.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { CommandFailed } from '../../src/cli/kit/command.ts';
import { runCommand } from '../../src/cli/kit/run-command.ts';
import { openTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Ran, runParley, temporaryFolder } from './run-parley.ts';

const commands = await loadCommands();

const key = 'a key for the tests of the command line'.replaceAll(' ', '_');
let database: TestDatabase;
let folder: string;

before(async () => {
  database = await openTestDatabase();
  folder = temporaryFolder('apply');
  // Creates the default workspace and channel, as a start of the server does.
  await done('token', 'create');
});

const settings = () => ({ PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: key });

const parley = (...words: string[]): Promise<Ran> =>
  runParley(words, { settings: { ...settings(), CALLBACK_TOKEN: 'callback-token' }, cwd: folder });

async function done(...words: string[]): Promise<Ran> {
  const ran = await parley(...words);
  assert.equal(ran.code, 0, ran.err);
  return ran;
}

/** Runs an invalid call, which fails before anything is opened. */
const isWrongCall = (message: RegExp) => (error: Error) => {
  assert.ok(error instanceof CommandFailed);
  assert.equal(error.exitCode, 2);
  assert.match(error.message, message);
  return true;
};

const workflow = (body: string, more = '') => `name: Greeting
trigger: { on: new_conversation }
steps:
  - { id: hello, do: send_message, body: ${body} }
  - { id: hear, do: wait, until: message }
${more}`;

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

const setup = `channels:
  - name: app
    callback:
      url: https://app.example/parley
      token: { header: X-Token, value: "\${env:CALLBACK_TOKEN}" }
workflows: [greeting.yaml]
`;

test('apply: shows the plan, applies it with the secret once, then finds no change', async () => {
  write({ 'parley.yaml': setup, 'greeting.yaml': workflow('Hi') });
  const dry = await done('apply', '--dry-run');
  assert.match(dry.out, /^Dry run: would change workspace "default":\n {2}\+ channel "app"\n/);
  assert.match(dry.out, /\n {2}\+ workflow "Greeting"\n {6}version: 1\n/);
  const first = await done('apply', '-f', 'parley.yaml');
  assert.match(first.out, /callback.url: https:\/\/app.example\/parley\n/);
  const secret = /Secret of channel "app" {2}(whsec_\S{44})\n/.exec(first.out)?.[1];
  assert.ok(secret, first.out);
  const again = await done('apply', '--file', 'parley.yaml');
  assert.match(again.out, /^Nothing to change in workspace "default": 2 unchanged\.\n$/);
  for (const { out, err } of [dry, first, again]) assert.doesNotMatch(out + err, /callback-token/);
  const json = (await done('apply', '--json')).json();
  assert.deepEqual(json, {
    dry_run: false,
    workspace: 'default',
    changes: [],
    unchanged: 2,
    warnings: [],
    more_warnings: 0,
    secrets: [],
  });
});

test('apply: exits with 1 and one line per finding when files are invalid', async () => {
  write({
    'bad.yaml': 'chanels: []\nworkflows: [bad-flow.yaml]\n',
    'bad-flow.yaml': workflow('"{{"', '  - { id: back, do: snooz }\n'),
  });
  const [text, json, absent] = await Promise.all([
    parley('apply', '-f', 'bad.yaml'),
    parley('apply', '-f', 'bad.yaml', '--json'),
    parley('apply', '-f', 'nowhere.yaml'),
  ]);
  assert.equal(text.code, 1);
  assert.equal(text.out, '');
  const lines = text.err.trimEnd().split('\n');
  assert.equal(lines[0], 'parley: 3 errors in the files; nothing was changed:');
  assert.match(
    lines[1]!,
    /^ {2}bad.yaml:1: chanels is not a known key.* did you mean "channels"\?$/,
  );
  assert.match(lines[2]!, /^ {2}bad-flow.yaml:4: step hello, body is not a valid template/);
  assert.match(
    lines[3]!,
    /^ {2}bad-flow.yaml:6: step back, do is not a kind of step: "snooz": did you mean "snooze"\?$/,
  );
  assert.equal(json.code, 1);
  assert.deepEqual(
    json.json().findings.map(({ file, line, step }: Record<string, unknown>) => [file, line, step]),
    [
      ['bad.yaml', 1, null],
      ['bad-flow.yaml', 4, 'hello'],
      ['bad-flow.yaml', 6, 'back'],
    ],
  );
  assert.equal(absent.code, 1);
  assert.match(absent.err, /nowhere.yaml: does not exist/);
});

test('apply: rejects a callback without a secret key on an external database', async () => {
  write({
    'other.yaml':
      'workspace: other\nchannels: [{ name: a, callback: { url: "https://a.example" } }]',
  });
  const ran = await runParley(['apply', '-f', 'other.yaml'], {
    settings: { PARLEY_DATABASE_URL: database.url },
    cwd: folder,
  });
  assert.equal(ran.code, 1);
  assert.match(ran.err, /set PARLEY_SECRET_KEY to a long random text/);
  assert.deepEqual(await database.sql(`select 1 from workspaces where name = 'other'`), []);
});

test('apply: accepts the example of the documentation', async () => {
  const example = join(import.meta.dirname, '../../examples/order-help/parley.yaml');
  const copy = readFileSync(example, 'utf8').replace('workspace: default', 'workspace: example');
  write({ 'example.yaml': copy.replace('workflows/order-help.yaml', 'order-help.yaml') });
  write({
    'order-help.yaml': readFileSync(join(example, '../workflows/order-help.yaml'), 'utf8'),
  });
  const { changes, warnings } = (await done('apply', '-f', 'example.yaml', '--json')).json();
  assert.deepEqual(warnings, []);
  assert.equal(changes.at(-1).name, 'Order help');
});

test('workflows diff: says how a second version is made when there is only one', async () => {
  const { code, err } = await parley('workflows', 'diff', 'Greeting');
  assert.equal(code, 1);
  assert.match(
    err,
    /"Greeting" has only one version: there is nothing to compare it with; `parley apply` creates version 2/,
  );
});

test('workflows: are changed, compared, rolled back and applied again', async () => {
  write({ 'greeting.yaml': workflow('Hello', '  - { id: bye, do: close }\n') });
  const { changes } = (await done('apply', '--json')).json();
  assert.deepEqual(changes[0].fields, [
    { field: 'version', from: '1', to: '2' },
    { field: 'changed', from: null, to: 'step hello, step hear' },
    { field: 'added', from: null, to: 'step bye' },
  ]);
  const list = await done('workflows', 'list');
  assert.match(
    list.out,
    /^NAME +CURRENT +NEWEST +TRIGGER +STEPS +WAITING\nGreeting +2 +2 +new_conversation +3 +0\n$/,
  );
  const diff = await done('workflows', 'diff', 'Greeting');
  assert.equal(
    diff.out,
    `Version 1 -> 2: step hello changed, step hear changed, step bye added.
--- version 1
+++ version 2
@@ -1,5 +1,6 @@
 name: Greeting
 trigger: { on: new_conversation }
 steps:
-  - { id: hello, do: send_message, body: Hi }
+  - { id: hello, do: send_message, body: Hello }
   - { id: hear, do: wait, until: message }
+  - { id: bye, do: close }
`,
  );
  const compared = (await done('workflows', 'diff', 'Greeting', '--json')).json();
  assert.deepEqual([compared.from, compared.to, compared.differences.length], [1, 2, 3]);
  assert.equal(compared.diff[4], '-  - { id: hello, do: send_message, body: Hi }');
  const shown = await done('workflows', 'show', 'Greeting', '--version', '1');
  assert.match(
    shown.out,
    /^Workflow "Greeting", version 1. Versions:\n {2}2 .* current\n {2}1 .* below\n/,
  );
  assert.ok(shown.out.endsWith(`\n${workflow('Hi')}`), shown.out);

  const rolled = await done('workflows', 'rollback', 'Greeting', '--to', '1');
  assert.match(rolled.out, /Made version 1 of "Greeting" current; before: 2\./);
  const json = (await done('workflows', 'show', 'Greeting', '--json')).json();
  assert.equal(json.version, 1);
  assert.equal(json.definition.steps[0].body, 'Hi');
  assert.deepEqual(
    json.versions.map(({ version }: { version: number }) => version),
    [2, 1],
  );
  const again = (await done('apply', '--json')).json();
  assert.deepEqual(again.changes[0].fields[0], { field: 'version', from: '1', to: '2' });
  const [row] = await database.sql<{ count: number }>(
    `select count(*)::int from workflow_versions where definition->>'name' = 'Greeting'`,
  );
  assert.equal(row!.count, 2);
});

test('workflows: endless loops fail in apply, simulate, replay and rollback', async () => {
  const named = (name: string, step: string) =>
    `name: ${name}\ntrigger: { on: new_message }\nsteps:\n  - { id: hi, do: send_message, body: Hi }\n${step}`;
  const runs = (name: string) => `  - { id: on, do: run_workflow, workflow: ${name} }\n`;
  const file = { 'circle.yaml': 'workspace: circles\nworkflows: [la.yaml, lb.yaml]' };
  const expected =
    /la.yaml:5: step on, workflow starts workflows in a circle .*: LA -> LB -> LA: let one of them wait/;
  write({ ...file, 'la.yaml': named('LA', runs('LB')), 'lb.yaml': named('LB', runs('LA')) });
  for (const dryRun of [[], ['--dry-run']]) {
    const { code, err } = await parley('apply', '-f', 'circle.yaml', ...dryRun);
    assert.equal(code, 1);
    assert.match(err, expected);
  }
  assert.deepEqual(await database.sql(`select 1 from workspaces where name = 'circles'`), []);
  write({ 'talk.yaml': 'workflows: [lb.yaml]\nsteps: [{ say: Hi }]' });
  const simulated = await parley('simulate', 'la.yaml', '--script', 'talk.yaml');
  assert.equal(simulated.code, 2);
  assert.match(simulated.err, expected);

  // Each workflow is fixed and applied once: neither version fits both versions of the other.
  write({ 'lb.yaml': named('LB', '') });
  await done('apply', '-f', 'circle.yaml');
  write({ 'la.yaml': named('LA', ''), 'lb.yaml': named('LB', runs('LA')) });
  await done('apply', '-f', 'circle.yaml');
  const back = await parley('workflows', 'rollback', 'LA', '--to', '1', '--workspace', 'circles');
  assert.equal(back.code, 1);
  assert.match(
    back.err,
    /Version 1 of "LA" cannot be current: its step on starts workflows in a circle .*LA -> LB -> LA/,
  );
  const list = (await done('workflows', 'list', '--workspace', 'circles', '--json')).json();
  assert.deepEqual(
    list.map((one: { current_version: number }) => one.current_version),
    [2, 2],
  );
  await done('workflows', 'rollback', 'LB', '--to', '1', '--workspace', 'circles');
  await done('workflows', 'rollback', 'LA', '--to', '1', '--workspace', 'circles');
});

test('workflows: exit with 1 for an unknown name or version, 2 for an invalid number', async () => {
  const [name, version, before] = await Promise.all([
    parley('workflows', 'show', 'Greting'),
    parley('workflows', 'rollback', 'Greeting', '--to', '9'),
    parley('workflows', 'diff', 'Greeting', '--to', '1'),
  ]);
  assert.deepEqual([name.code, version.code, before.code], [1, 1, 1]);
  assert.match(name.err, /has no workflow "Greting": did you mean "Greeting"\?/);
  assert.match(version.err, /has no version 9: its versions are 1 to 2/);
  assert.match(before.err, /has no version before 1: choose the version .* by from \(1 to 2\)/);
  await assert.rejects(
    runCommand(commands, ['workflows', 'rollback', 'Greeting']),
    isWrongCall(/--to is missing/),
  );
  await assert.rejects(
    runCommand(commands, ['workflows', 'show', 'Greeting', '--version', 'two']),
    isWrongCall(/--version must be a version number, not "two"/),
  );
});

test('channel rotate-secret: shows the new one once and keeps the old one for a while', async () => {
  type Row = {
    id: number;
    channel: number;
    secret: Buffer;
    previous: Buffer | null;
    seconds: number | null;
  };
  const read = async () => {
    const [row] = await database.sql<Row>(
      `select b.workspace_id as id, b.channel_id as channel, secret_sealed as secret,
          previous_secret_sealed as previous,
          extract(epoch from previous_secret_until - now())::float8 as seconds
        from channel_callbacks b
        join channels c on c.workspace_id = b.workspace_id and c.id = b.channel_id and c.name = 'app'
        join workspaces w on w.id = b.workspace_id and w.name = 'default'`,
    );
    return row!;
  };
  const before = await read();
  const rotated = (
    await done('channel', 'rotate-secret', 'app', '--overlap', '2h', '--json')
  ).json();
  const after = await read();
  const secrets = new SecretBox(key);
  assert.match(rotated.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(
    secrets.open(after.secret, `callback secret ${after.id} ${after.channel}`),
    rotated.secret,
  );
  assert.deepEqual(after.previous, before.secret);
  assert.ok(after.seconds! > 7_000 && after.seconds! <= 7_200, String(after.seconds));
  assert.match(rotated.previous_secret_until, /^\d{4}-.*Z$/);
  const ended = await done('channel', 'rotate-secret', 'app', '--overlap', '0s');
  assert.match(ended.out, /No earlier secret is valid any more/);
  assert.equal((await read()).previous, null);
  await done('channel', 'create', 'fresh');
  const first = (await done('channel', 'rotate-secret', 'fresh', '--json')).json();
  assert.equal(first.previous_secret_until, null);
  await assert.rejects(
    runCommand(commands, ['channel', 'rotate-secret', 'app', '--overlap', '91d']),
    isWrongCall(/--overlap must be a duration from 0s to 90d such as 24h, not "91d"/),
  );
});
