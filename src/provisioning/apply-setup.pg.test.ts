// Applying parley.yaml: what it creates and what it leaves unchanged, versions of workflows, sealed secrets, and
// concurrent applies.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pino } from 'pino';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { SecretBox, SecretKeyMissing } from '../base/seal.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { applyConfigFile } from './apply-config-file.ts';
import { type ApplyOutcome, applySetup } from './apply-setup.ts';
import { InvalidSetup, showFinding } from './finding.ts';
import { loadSetup } from './load-setup.ts';
import { writeSetupFiles } from './setup-files.fixture.ts';
import { showOutcome } from './show-outcome.ts';

let database: TestDatabase;
let pool: Pool;
const secrets = new SecretBox('a key for tests, with enough characters in it');

before(async () => {
  database = await openTestDatabase();
  pool = openPool(database.target, 'admin', { max: 4, onError: () => {} });
  afterAll(() => pool.end());
});

const environment = {
  TOKEN: 'token-from-the-environment',
  CALLBACK: 'https://app.example/private-path',
};

async function apply(path: string, isDryRun = false): Promise<ApplyOutcome> {
  const loaded = loadSetup(path, environment);
  if (!loaded.ok) throw new InvalidSetup(loaded.error);
  return applySetup(pool, loaded.value, () => secrets, { isDryRun });
}

async function rejectionOf(path: string): Promise<readonly string[]> {
  try {
    await apply(path);
  } catch (error) {
    assert.ok(error instanceof InvalidSetup, String(error));
    return error.findings.map(showFinding);
  }
  return assert.fail('it was applied');
}

const summary = ({ changes }: ApplyOutcome) =>
  changes.map(({ kind, what, name }) => `${kind} ${what} ${name}`);

const fieldsOf = ({ changes }: ApplyOutcome, name: string) =>
  changes
    .filter((change) => change.name === name)
    .flatMap(({ fields }) => fields.map(({ field, from, to }) => `${field}: ${from} -> ${to}`));

/** Returns every row of every table, as text. */
async function wholeDatabase(): Promise<string> {
  const tables = await database.sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'parley'::regnamespace and relkind = 'r'`,
  );
  const texts = await Promise.all(
    tables.map(({ name }) => database.sql<{ row: string }>(`select t::text as row from ${name} t`)),
  );
  return texts
    .flat()
    .map(({ row }) => row)
    .sort()
    .join('\n');
}

const note = (name: string, body: string, more = '') => `name: ${name}
trigger: { on: new_conversation }
steps:
  - { id: hello, do: note, body: "${body}" }
${more}`;

/** Builds a parley.yaml with every key, in a workspace of its own. */
const everything = (workspace: string) => ({
  'parley.yaml': `workspace: ${workspace}
admins:
  - { email: jane@acme.example, name: Jane Doe, job_title: Lead }
  - { email: joe@acme.example, name: Joe }
teams:
  - { name: Support, members: [jane@acme.example, JOE@acme.example] }
tags: [vip]
data_attributes:
  - { name: plan, model: contact, type: options, options: [free, paid], label: Plan }
channels:
  - name: app
    auto_create_conversation: true
    callback:
      url: "\${env:CALLBACK}"
      timeout: 5s
      retries: [1s, 2m]
      token: { header: X-Token, value: "\${env:TOKEN}" }
      allow_cidrs: [10.0.0.0/8]
workflows: [one.yaml, two.yaml]
`,
  'one.yaml': note('One', 'first', '  - { id: mark, do: tag, add: [vip, asked-for] }'),
  'two.yaml': note('Two', 'second', '  - { id: go, do: run_workflow, workflow: One }'),
});

const versionsOf = (workspace: string) =>
  database.sql<{ name: string; current: number | null; versions: number }>(
    `select w.name, w.current_version as current, count(v.version)::int as versions
      from workflows w join workspaces s on s.id = w.workspace_id
      left join workflow_versions v on v.workspace_id = w.workspace_id and v.workflow_id = w.id
      where s.name = $1 group by w.workspace_id, w.id, w.name, w.current_version, w.position
      order by w.position`,
    [workspace],
  );

test('apply: creates a full setup at once, and is idempotent', async () => {
  const path = writeSetupFiles(everything('all'));
  const first = await apply(path);
  assert.deepEqual(summary(first), [
    'made workspace all',
    'made admin jane@acme.example',
    'made admin joe@acme.example',
    'made team Support',
    'made tag vip',
    'made data attribute contact.plan',
    'made channel app',
    'made tag asked-for',
    'made workflow One',
    'made workflow Two',
  ]);
  assert.equal(first.newSecrets.length, 1);
  assert.match(first.newSecrets[0]!.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.ok(showOutcome(first, false).includes(first.newSecrets[0]!.secret));

  const stored = await wholeDatabase();
  const again = await apply(path);
  assert.deepEqual([again.changes, again.newSecrets], [[], []]);
  assert.equal(again.unchangedCount, 8);
  assert.match(showOutcome(again, false), /^Nothing to change in workspace "all"/);
  assert.equal(await wholeDatabase(), stored);
  assert.deepEqual(await versionsOf('all'), [
    { name: 'One', current: 1, versions: 1 },
    { name: 'Two', current: 1, versions: 1 },
  ]);
});

test('apply: seals secrets and tokens, and shows them only once', async () => {
  const outcome = await apply(writeSetupFiles(everything('sealed')));
  const stored = await wholeDatabase();
  const { secret } = outcome.newSecrets[0]!;
  const shown = showOutcome({ ...outcome, newSecrets: [] }, false);
  for (const hidden of [secret, secret.slice('whsec_'.length), environment.TOKEN]) {
    assert.ok(!stored.includes(hidden), `${hidden} is stored`);
    // PostgreSQL shows bytes in hexadecimal.
    assert.ok(
      !stored.includes(Buffer.from(hidden).toString('hex')),
      `${hidden} is stored as bytes`,
    );
    assert.ok(!shown.includes(hidden), `${hidden} is shown`);
  }
  assert.ok(!shown.includes('private-path'), shown);
  const [row] = await database.sql<{
    workspace: number;
    channel: number;
    secret: Buffer;
    token: Buffer;
    url: string;
    retries: number[];
    version: number;
  }>(
    `select c.workspace_id as workspace, c.channel_id as channel, secret_sealed as secret,
        token_sealed as token, url, retry_delays_ms as retries, w.config_version as version
      from channel_callbacks c join workspaces w on w.id = c.workspace_id where w.name = 'sealed'`,
  );
  const { workspace, channel } = row!;
  assert.equal(secrets.open(row!.secret, `callback secret ${workspace} ${channel}`), secret);
  assert.equal(
    secrets.open(row!.token, `callback token ${workspace} ${channel}`),
    environment.TOKEN,
  );
  assert.deepEqual([row!.url, row!.retries], [environment.CALLBACK, [1_000, 120_000]]);
  assert.ok(row!.version > 1);
});

test('apply: shows changes from what to what; the rest stays', async () => {
  const path = writeSetupFiles(everything('changing'));
  const [made] = (await apply(path)).newSecrets;
  await database.sql(
    `update channel_callbacks set disabled_at = now(), disabled_reason = '410'
      where workspace_id = (select id from workspaces where name = 'changing')`,
  );
  writeFileSync(
    path,
    `workspace: changing
admins: [{ email: JANE@acme.example, job_title: Boss }]
teams: [{ name: Support, members: [jane@acme.example] }]
tags: [VIP, new]
data_attributes: [{ name: plan, model: contact, type: options, options: [free, paid, gold] }]
channels:
  - name: app
    strict_version: true
    callback: { url: https://other.example/, token: { header: X-Token, value: another } }
`,
  );
  const outcome = await apply(path);
  assert.deepEqual(summary(outcome), [
    'changed admin jane@acme.example',
    'changed team Support',
    'made tag new',
    'changed data attribute contact.plan',
    'changed channel app',
  ]);
  assert.deepEqual(fieldsOf(outcome, 'jane@acme.example'), ['job_title: Lead -> Boss']);
  assert.deepEqual(fieldsOf(outcome, 'Support'), [
    'members: jane@acme.example, joe@acme.example -> jane@acme.example',
  ]);
  assert.deepEqual(fieldsOf(outcome, 'contact.plan'), ['options: free, paid -> free, paid, gold']);
  assert.deepEqual(fieldsOf(outcome, 'app'), [
    'strict_version: off -> on',
    `callback.url: ${environment.CALLBACK} -> https://other.example/`,
    'callback.timeout: 5s -> 15s',
    'callback.retries: 1s, 2m -> default',
    'callback.allow_cidrs: 10.0.0.0/8 -> none',
    'callback.token.value: *** -> ***',
    'callback.disabled: yes -> none',
  ]);
  assert.deepEqual(outcome.newSecrets, []);
  const [row] = await database.sql<{ id: number; channel: number; secret: Buffer; auto: boolean }>(
    `select c.workspace_id as id, b.channel_id as channel, b.secret_sealed as secret,
        c.auto_create_conversation as auto
      from channels c join workspaces w on w.id = c.workspace_id
      join channel_callbacks b on b.workspace_id = c.workspace_id and b.channel_id = c.id
      where w.name = 'changing'`,
  );
  // The app's secret stays the same, and so does the unmentioned on/off key.
  assert.equal(
    secrets.open(row!.secret, `callback secret ${row!.id} ${row!.channel}`),
    made!.secret,
  );
  assert.equal(row!.auto, true);
  assert.deepEqual(
    (await versionsOf('changing')).map(({ current }) => current),
    [1, 1],
  );
});

test('apply: a dry run shows the outcome and writes nothing', async () => {
  const path = writeSetupFiles(everything('dry'));
  const stored = await wholeDatabase();
  const dry = await apply(path, true);
  assert.equal(await wholeDatabase(), stored);
  assert.deepEqual(dry.newSecrets, []);
  const real = await apply(path);
  assert.deepEqual(dry.changes, real.changes);
  assert.match(showOutcome(dry, true), /^Dry run: would change workspace "dry"/);
});

test('apply: lists all faults and writes nothing', async () => {
  const files = everything('refused');
  const path = writeSetupFiles({
    ...files,
    'parley.yaml': files['parley.yaml'].replace('JOE@acme', 'jim@acme'),
    'one.yaml': `name: One
trigger: { on: new_conversation, channels: [ap] }
steps:
  - { id: give, do: assign, team: Suport }
  - { id: ask, do: collect_attribute, attribute: plans, prompt: Which? }
  - { id: odd, do: assing }
`,
  });
  const stored = await wholeDatabase();
  const findings = await rejectionOf(path);
  assert.equal(findings.length, 5);
  assert.match(
    findings[0]!,
    /parley.yaml:6: teams\[0\].members\[1\] names "jim@acme.example", who is not an admin/,
  );
  assert.match(
    findings[1]!,
    /one.yaml:2: trigger.channels\[0\] names the channel "ap", .* did you mean "app"\?/,
  );
  assert.match(
    findings[2]!,
    /one.yaml:4: step give, team names the team "Suport", .* did you mean "Support"\?/,
  );
  assert.match(
    findings[3]!,
    /one.yaml:5: step ask, attribute names the attribute "plans", .*"plan"\?/,
  );
  assert.match(findings[4]!, /one.yaml:6: step odd, do .*assing/);
  assert.equal(await wholeDatabase(), stored);
});

test('apply: rejects a changed type of an attribute', async () => {
  const path = writeSetupFiles(everything('typed'));
  await apply(path);
  const stored = await wholeDatabase();
  const text = readFileSync(path, 'utf8').replace(
    'type: options, options: [free, paid]',
    'type: integer',
  );
  writeFileSync(path, text.replace('tags: [vip]', 'tags: [vip, never-made]'));
  const [finding] = await rejectionOf(path);
  assert.match(
    finding!,
    /parley.yaml:9: data_attributes\[0\].type cannot become integer: "plan" of the contact is options/,
  );
  assert.equal(await wholeDatabase(), stored);
});

test('apply: rejects secrets without a key to seal them', async () => {
  const loaded = loadSetup(writeSetupFiles(everything('keyless')), environment);
  assert.ok(loaded.ok);
  const stored = await wholeDatabase();
  const noKey = () => {
    throw new SecretKeyMissing();
  };
  await assert.rejects(applySetup(pool, loaded.value, noKey), SecretKeyMissing);
  assert.equal(await wholeDatabase(), stored);
});

test('workflows: each change makes a version, a comment none', async () => {
  const path = writeSetupFiles(everything('versions'));
  await apply(path);
  const file = join(path, '../one.yaml');
  const original = readFileSync(file, 'utf8');
  writeFileSync(file, original.replace('first', 'changed'));
  const second = await apply(path);
  assert.deepEqual(fieldsOf(second, 'One'), ['version: 1 -> 2', 'changed: null -> step hello']);
  writeFileSync(file, `# Only a comment.\n${original.replace('first', 'changed')}`);
  assert.deepEqual((await apply(path)).changes, []);
  writeFileSync(file, original);
  assert.deepEqual(fieldsOf(await apply(path), 'One'), [
    'version: 2 -> 3',
    'changed: null -> step hello',
  ]);
  assert.deepEqual(await versionsOf('versions'), [
    { name: 'One', current: 3, versions: 3 },
    { name: 'Two', current: 1, versions: 1 },
  ]);
  const [first] = await database.sql<{ body: string; source: string }>(
    `select definition->'steps'->0->>'body' as body, source from workflow_versions v
      join workspaces s on s.id = v.workspace_id
      where s.name = 'versions' and version = 2 and definition->>'name' = 'One'`,
  );
  assert.deepEqual(first, { body: 'changed', source: original.replace('first', 'changed') });
});

test('workflows: are switched off and on with the list, without a version', async () => {
  const path = writeSetupFiles(everything('switched'));
  await apply(path);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('[one.yaml, two.yaml]', '[two.yaml]'));
  // One workflow runs the other, which is only switched off, not deleted.
  const off = await apply(path);
  assert.deepEqual(fieldsOf(off, 'One'), ['version: 1 -> off']);
  assert.deepEqual(fieldsOf(off, 'Two'), ['position: 2 -> 1']);
  assert.deepEqual(
    (await versionsOf('switched')).find(({ name }) => name === 'One')?.current,
    null,
  );
  writeFileSync(path, text.replace('[one.yaml, two.yaml]', '[two.yaml, one.yaml]'));
  const on = await apply(path);
  assert.deepEqual(fieldsOf(on, 'One'), ['version: off -> 1']);
  assert.deepEqual(await versionsOf('switched'), [
    { name: 'Two', current: 1, versions: 1 },
    { name: 'One', current: 1, versions: 1 },
  ]);
});

test('workflows: a webhook call gives every channel a signing secret once', async () => {
  const path = writeSetupFiles({
    'parley.yaml': 'workspace: calling\nchannels: [{ name: a }, { name: b }]\nworkflows: [w.yaml]',
    'w.yaml': note('W', 'x', '  - { id: call, do: call_webhook, url: "https://x.example/" }'),
  });
  const outcome = await apply(path);
  assert.deepEqual(
    outcome.newSecrets.map(({ channel }) => channel),
    ['a', 'b'],
  );
  assert.deepEqual((await apply(path)).changes, []);
});

test('variables: no finding about a workflow shows a value', async () => {
  const path = writeSetupFiles({
    'parley.yaml': 'workspace: hidden\nteams: [{ name: "${env:TOKEN}" }]\nworkflows: [w.yaml]',
    'w.yaml': note('W', 'x', '  - { id: to, do: assign, team: token-from-the-enviroment }'),
  });
  const findings = await rejectionOf(path);
  assert.equal(findings.length, 1);
  assert.match(findings[0]!, /step to, team names the team .* did you mean "\*\*\*"\?/);
});

test('apply: one of eight concurrent applies creates everything', async () => {
  const path = writeSetupFiles(everything('crowd'));
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => apply(path)));
  assert.deepEqual(
    outcomes.map(({ changes }) => changes.length).toSorted((a, b) => a - b),
    [0, 0, 0, 0, 0, 0, 0, 10],
  );
  assert.equal(outcomes.flatMap(({ newSecrets }) => newSecrets).length, 1);
  assert.deepEqual(await versionsOf('crowd'), [
    { name: 'One', current: 1, versions: 1 },
    { name: 'Two', current: 1, versions: 1 },
  ]);
});

test('apply: a new workspace gets an admin and a channel', async () => {
  const outcome = await apply(writeSetupFiles({ 'parley.yaml': 'workspace: bare' }));
  assert.deepEqual(summary(outcome), [
    'made workspace bare',
    'made admin admin@bare.invalid',
    'made channel default',
  ]);
});

test('PARLEY_CONFIG: is applied once by servers that start together', async () => {
  const path = writeSetupFiles(everything('started'));
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const start = () => applyConfigFile(pool, path, environment, () => secrets, log);
  const made = (await Promise.all([start(), start(), start()])).flat();
  assert.equal(made.length, 1);
  assert.equal(lines.length, 3);
  for (const hidden of [made[0]!.secret, environment.TOKEN, environment.CALLBACK]) {
    assert.ok(!lines.join('').includes(hidden));
  }
  writeFileSync(join(path, '../one.yaml'), 'name: One\nsteps: []');
  await assert.rejects(start(), (error: Error) => {
    assert.ok(error instanceof InvalidSetup);
    assert.match(
      error.message,
      /2 errors in the files; nothing was changed:\n.*trigger is missing.*\n.*steps has 0/,
    );
    return true;
  });
});
