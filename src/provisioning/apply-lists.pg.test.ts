// Long lists of parley.yaml are applied with as many statements as short ones, reported entry by entry, and written
// once.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { SecretBox } from '../base/seal.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { type ApplyOutcome, applySetup } from './apply-setup.ts';
import { InvalidSetup } from './finding.ts';
import { loadSetup } from './load-setup.ts';
import { writeSetupFiles } from './setup-files.fixture.ts';
import { showOutcome } from './show-outcome.ts';

let database: TestDatabase;
let pool: Pool;
const secrets = new SecretBox('a key for tests, with enough characters in it');
const statements: string[] = [];

before(async () => {
  database = await openTestDatabase();
  pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  const connection = await pool.connect();
  const { query } = connection;
  // The pool has one connection, which is reused.
  connection.query = ((...args: Parameters<typeof query>) => {
    const [first] = args as unknown as [string | { readonly text: string }];
    statements.push(typeof first === 'string' ? first : first.text);
    return query.apply(connection, args);
  }) as typeof query;
  connection.release();
  afterAll(() => pool.end());
});

async function apply(files: Readonly<Record<string, string>>): Promise<ApplyOutcome> {
  const loaded = loadSetup(writeSetupFiles(files), {});
  if (!loaded.ok) throw new InvalidSetup(loaded.error);
  statements.length = 0;
  return applySetup(pool, loaded.value, () => secrets);
}

const list = (count: number, entry: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `  - ${entry(index + 1)}\n`).join('');

const channelOf = (n: number, word: string) =>
  `name: app ${n}
    time_zone: ${word === 'one' ? 'Europe/Berlin' : 'UTC'}
    callback:
      url: https://${word}.example/${n}
      retries: [1s, ${n}m]
      allow_cidrs: [10.0.0.0/8]
      token: { header: X-Token, value: ${word} }`;

/** Builds a parley.yaml with a number of entries of every kind. @param word part of every value that can change. */
const filesOf = (workspace: string, count: number, word: string) => ({
  'parley.yaml': `workspace: ${workspace}
admins:
${list(count, (n) => `{ email: a${n}@b.c, name: ${word} ${n} }`)}
teams:
${list(count, (n) => `{ name: team ${n}, members: [a${n}@b.c, ${word === 'one' ? 'a1@b.c' : 'a2@b.c'}] }`)}
tags:
${list(count, (n) => `tag ${n} ${word}`)}
data_attributes:
${list(count, (n) => `{ name: data ${n}, type: options, options: [x, ${word}, "{\\"}"] }`)}
channels:
${list(count, (n) => channelOf(n, word))}
secrets:
${Array.from({ length: count }, (_, n) => `  secret${n}: ${word}\n`).join('')}
workflows:
${list(count, (n) => `w${n}.yaml`)}`,
  ...Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `w${index + 1}.yaml`,
      `name: flow ${index + 1}\ntrigger: { on: new_message }\nsteps:\n  - { id: a, do: send_message, body: ${word} }\n`,
    ]),
  ),
});

const shapes = () => statements.map((text) => text.replaceAll(/\s+/g, ' ').slice(0, 80));

test('apply: lists of thirty take as many statements as lists of two', async () => {
  for (const word of ['one', 'two', 'two']) {
    await apply(filesOf('few', 2, word));
    const few = shapes();
    await apply(filesOf('many', 30, word));
    assert.deepEqual(shapes(), few);
    assert.ok(few.length < 50, String(few.length));
  }
});

test('apply: reports entries in the order of the file', async () => {
  const made = await apply(filesOf('told', 3, 'one'));
  const names = (kind: string) =>
    made.changes.filter(({ what }) => what === kind).map(({ name }) => name);
  assert.deepEqual(names('admin'), ['a1@b.c', 'a2@b.c', 'a3@b.c']);
  assert.deepEqual(names('tag'), ['tag 1 one', 'tag 2 one', 'tag 3 one']);
  assert.deepEqual(names('workflow'), ['flow 1', 'flow 2', 'flow 3']);
  const changed = showOutcome(await apply(filesOf('told', 3, 'two')), false);
  for (const lines of [
    '  ~ admin "a2@b.c"\n      name: one 2 -> two 2\n',
    '  ~ team "team 3"\n      members: a1@b.c, a3@b.c -> a2@b.c, a3@b.c\n',
    '  + tag "tag 3 two"\n  ~ data attribute "conversation.data 1"\n      options: x, one, {"} -> x, two, {"}\n',
    '      time_zone: Europe/Berlin -> UTC\n      callback.url: https://one.example/2 -> https://two.example/2\n',
    '      callback.token.value: *** -> ***\n',
    '  ~ secret "secret2"\n      value: *** -> ***\n',
    '  ~ workflow "flow 2"\n      version: 1 -> 2\n      changed: step a\n',
  ]) {
    const seen = changed.replaceAll(/changed: null -> /g, 'changed: ');
    assert.ok(seen.includes(lines), `${lines}\nis not in\n${seen}`);
  }
  assert.match(changed, /3 created, 18 changed, 0 unchanged\.$/m);
});

test('apply: writes nothing when long lists are unchanged', async () => {
  const files = filesOf('same', 20, 'one');
  await apply(files);
  const version = () =>
    database.sql<{ version: number }>(
      `select config_version::int as version from workspaces where name = 'same'`,
    );
  const before = await version();
  const again = await apply(files);
  assert.deepEqual(again.changes, []);
  assert.equal(again.unchangedCount, 7 * 20);
  const writes = shapes().filter((text) => /\b(insert|update|delete)\b/.test(text));
  // It creates the workspace if it does not exist, and locks it.
  assert.deepEqual(
    writes.filter(
      (text) => !text.startsWith('insert into workspaces') && !/for update$/.test(text),
    ),
    [],
  );
  assert.deepEqual(await version(), before);
});

test('apply: creates the maximum number of tags with one version of the setup', async () => {
  const tags = list(5_000, (n) => `tag ${n}`);
  const outcome = await apply({ 'parley.yaml': `workspace: tagged\ntags:\n${tags}` });
  assert.equal(outcome.changes.filter(({ what }) => what === 'tag').length, 5_000);
  const [row] = await database.sql<{ tags: number; version: number }>(
    `select count(*)::int as tags, max(config_version)::int as version
      from tags t join workspaces w on w.id = t.workspace_id where w.name = 'tagged'`,
  );
  assert.equal(row!.tags, 5_000);
  // The initial admin and channel, and the tags.
  assert.equal(row!.version, 4);
});

test('roles: the first admin owns a new workspace, and one owner always stays', async () => {
  const rolesOf = (text: string) => apply({ 'parley.yaml': `workspace: roles\nadmins:\n${text}` });
  await rolesOf('  - email: a@b.c\n  - { email: b@b.c, role: operator }\n  - email: c@b.c\n');
  const read = () =>
    pool.query(`select a.email, a.role from admins a join workspaces w on w.id = a.workspace_id
      where w.name = 'roles' order by a.id`);
  const first = { email: 'a@b.c', role: 'owner' };
  const others = [
    { email: 'b@b.c', role: 'operator' },
    { email: 'c@b.c', role: 'teammate' },
  ];
  assert.deepEqual((await read()).rows, [first, ...others]);
  await assert.rejects(rolesOf('  - { email: a@b.c, role: viewer }\n'), /without an owner/);
  const { changes } = await rolesOf(
    '  - { email: a@b.c, role: viewer }\n  - { email: b@b.c, role: owner }\n',
  );
  assert.deepEqual(
    changes.map(({ fields }) => fields),
    [
      [{ field: 'role', from: 'owner', to: 'viewer' }],
      [{ field: 'role', from: 'operator', to: 'owner' }],
    ],
  );
  await assert.rejects(rolesOf('  - { email: a@b.c, role: boss }\n'), /role/);
});

test('audit: an apply records each change with the ids of its objects, without persons', async () => {
  const setup = (title: string) => ({
    'parley.yaml': `workspace: audited
admins:
  - { email: anna@b.c, name: Anna, job_title: ${title}, role: owner }
teams: [{ name: Support, members: [anna@b.c] }]
tags: [VIP]
channels:
  - name: app
    callback: { url: 'https://app.example/x', token: { header: X-Token, value: very_secret } }`,
  });
  await apply(setup('Lead'));
  await apply(setup('Boss'));
  await apply(setup('Boss'));
  const { rows } = await pool.query(
    `select e.actor_type, e.source, e.action, e.object_id, e.state_before as before, e.state_after as after
     from audit_log e join workspaces w on w.id = e.workspace_id where w.name = 'audited' order by e.id`,
  );
  assert.deepEqual(rows.map(({ action }) => action).toSorted(), [
    ...['admin.created', 'admin.updated', 'channel.created', 'tag.created', 'team.created'],
    'workspace.created',
  ]);
  assert.ok(rows.every(({ object_id, source }) => /^\d+$/.test(object_id) && source === 'cli'));
  const updated = rows.find(({ action }) => action === 'admin.updated');
  assert.deepEqual([updated.before, updated.after], [{ job_title: '…' }, { job_title: '…' }]);
  const text = JSON.stringify(rows.filter(({ action }) => action !== 'team.created'));
  assert.ok(!/Anna|anna@|Lead|Boss|very_secret/.test(text), text);
});
