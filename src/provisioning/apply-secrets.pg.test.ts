// Secrets of parley.yaml: sealed at rest, shown in no output, rotated by applying again, and not removable while a
// workflow needs them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { SecretBox } from '../base/seal.ts';
import { openPool } from '../database/pool.ts';
import { readSecrets, secretContext } from '../store/secrets/secrets.ts';
import { applySetup } from './apply-setup.ts';
import { InvalidSetup, showFinding } from './finding.ts';
import { loadSetup } from './load-setup.ts';
import { writeSetupFiles } from './setup-files.fixture.ts';
import { outcomeJson, showOutcome } from './show-outcome.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'admin', { max: 2, onError: () => {} });
afterAll(() => pool.end());
const box = new SecretBox('a key for tests, with enough characters in it');

const workflow = (header: string) => `name: Look up
trigger: { on: new_message }
steps:
  - { id: a, do: call_webhook, url: "https://x.example/", headers: { A: "${header}" } }
`;

const setup = (workspace: string, secrets: string, header = 'Bearer ${secret:orders_key}') => ({
  'parley.yaml': `workspace: ${workspace}\n${secrets}workflows: [orders.yaml]\n`,
  'orders.yaml': workflow(header),
});

const oneSecret = 'secrets:\n  orders_key: "${env:ORDERS_KEY}"\n';

async function apply(files: Readonly<Record<string, string>>, value = 'sk-live-first', key = box) {
  const loaded = loadSetup(writeSetupFiles(files), { ORDERS_KEY: value });
  if (!loaded.ok) throw new InvalidSetup(loaded.error);
  return applySetup(pool, loaded.value, () => key);
}

async function rejectionOf(
  files: Readonly<Record<string, string>>,
  value?: string,
): Promise<string> {
  try {
    await apply(files, value);
  } catch (error) {
    assert.ok(error instanceof InvalidSetup, String(error));
    return error.findings.map(showFinding).join('\n');
  }
  return assert.fail('it was applied');
}

async function storedIn(workspace: string): Promise<Record<string, string>> {
  const [row] = await database.sql<{ id: number }>('select id from workspaces where name = $1', [
    workspace,
  ]);
  const rows = await readSecrets(pool, row!.id);
  return Object.fromEntries(
    rows.map(({ name, sealed }) => [name, box.open(sealed, secretContext(row!.id, name))]),
  );
}

async function everythingStored(): Promise<string> {
  const rows = await database.sql<{ row: string }>(
    `select s::text as row from secrets s
      union all select v::text from workflow_versions v union all select w::text from workflows w`,
  );
  return rows.map(({ row }) => row).join('\n');
}

test('secrets: are sealed at rest and in no output', async () => {
  const outcome = await apply(setup('sealed', oneSecret));
  const shown = `${showOutcome(outcome, false)}${JSON.stringify(outcomeJson(outcome, false))}`;
  assert.match(shown, /\+ secret "orders_key"\n\s+value: \*\*\*/);
  assert.doesNotMatch(shown, /sk-live/);
  assert.doesNotMatch(await everythingStored(), /sk-live/);
  assert.deepEqual(await storedIn('sealed'), { orders_key: 'sk-live-first' });
});

test('secrets: a new value replaces the old one, the same changes nothing', async () => {
  await apply(setup('rotated', oneSecret));
  const before = await everythingStored();
  const again = await apply(setup('rotated', oneSecret));
  assert.deepEqual(again.changes, []);
  assert.equal(await everythingStored(), before);
  const rotated = await apply(setup('rotated', oneSecret), 'sk-live-second');
  assert.deepEqual(
    rotated.changes.map(({ kind, what, fields }) => [kind, what, fields[0]]),
    [['changed', 'secret', { field: 'value', from: '***', to: '***' }]],
  );
  assert.deepEqual(await storedIn('rotated'), { orders_key: 'sk-live-second' });
});

test('secrets: one that cannot be opened is sealed again', async () => {
  await apply(
    setup('lost', oneSecret),
    'sk-live-first',
    new SecretBox('another key, as long as it'),
  );
  await apply(setup('lost', oneSecret));
  assert.deepEqual(await storedIn('lost'), { orders_key: 'sk-live-first' });
});

test('secrets: a workflow that names a missing one is not applied', async () => {
  const message = await rejectionOf(setup('unknown', oneSecret, '${secret:order_key}'));
  assert.match(message, /orders.yaml:4: step a, headers.A names the secret "order_key"/);
  assert.match(message, /did you mean "orders_key"\?/);
  assert.match(
    await rejectionOf(setup('unknown', '')),
    /names the secret "orders_key", which does/,
  );
});

test('secrets: stay unchanged by a file that does not list any', async () => {
  await apply(setup('left', oneSecret));
  const { changes } = await apply(setup('left', ''));
  assert.deepEqual(changes, []);
  assert.deepEqual(await storedIn('left'), { orders_key: 'sk-live-first' });
});

test('secrets: one that a current workflow needs cannot be removed, others can', async () => {
  const two = `${oneSecret}  other: "\${env:ORDERS_KEY}"\n`;
  await apply(setup('removed', two));
  const { changes } = await apply(setup('removed', oneSecret));
  assert.deepEqual(
    changes.map(({ name, fields }) => [name, fields[0]?.to]),
    [['other', 'none']],
  );
  assert.match(
    await rejectionOf(setup('removed', 'secrets: {}\n')),
    /names the secret "orders_key"/,
  );
  const onlySecrets = { 'parley.yaml': 'workspace: removed\nsecrets:\n' };
  const message = await rejectionOf(onlySecrets);
  assert.match(
    message,
    /parley.yaml:2: secrets lacks "orders_key", which the workflow "Look up" needs/,
  );
  assert.deepEqual(await storedIn('removed'), { orders_key: 'sk-live-first' });
  await apply({ 'parley.yaml': 'workspace: removed\nsecrets:\nworkflows: []\n' });
  assert.deepEqual(await storedIn('removed'), {});
});

test('secrets: an invalid value gives a finding that does not repeat it', async () => {
  const files = {
    'parley.yaml': 'secrets:\n  1st: "${env:ORDERS_KEY}"\n  b: 12345678\n  c: [hidden]\n',
  };
  const message = await rejectionOf(files, 'hidden\nvalue');
  assert.match(message, /secrets.1st is not a valid secret name/);
  assert.match(message, /secrets.1st is not a valid header value/);
  assert.match(message, /secrets.b must be a text/);
  assert.match(message, /secrets.c must be a text/);
  assert.doesNotMatch(message, /hidden|12345678/);
  assert.match(await rejectionOf(setup('x', oneSecret), ''), /"ORDERS_KEY", which is not set/);
});

test('variables: are rejected in a workflow, with a remedy', async () => {
  const message = await rejectionOf(setup('literal', oneSecret, 'Bearer ${env:ORDERS_KEY}'));
  assert.match(
    message,
    /orders.yaml:4: step a, headers.A has \$\{env:ORDERS_KEY\}, which only parley.yaml/,
  );
  assert.match(message, /name it in `secrets:` of parley.yaml, and write \$\{secret:name\}/);
});
