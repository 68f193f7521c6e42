// `migrate`, `doctor` and other commands on databases in every state: empty, behind, ahead, damaged, unreachable.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMigrations } from '../../src/store/schema/migrate.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { type Ran, runParley } from './run-parley.ts';

const on =
  ({ url }: { url: string }) =>
  (...words: string[]): Promise<Ran> =>
    runParley(words, { settings: { PARLEY_DATABASE_URL: url } });

type Check = { name: string; status: string; message: string; todo?: string };

async function examine(database: {
  url: string;
}): Promise<{ ran: Ran; checks: Map<string, Check> }> {
  const ran = await on(database)('doctor', '--json');
  const checks: Check[] = ran.json().checks;
  assert.equal(ran.json().ok, ran.code === 0);
  assert.ok(checks.every(({ status, todo }) => (status === 'ok') === (todo === undefined)));
  return { ran, checks: new Map(checks.map((check) => [check.name, check])) };
}

const labels = readMigrations().map(
  ({ number, name }) => `${String(number).padStart(4, '0')}_${name}`,
);

test('migrate: lists, then applies all migrations of an empty database, then none', async () => {
  const parley = on(await openTestDatabase({ isEmpty: true }));
  const dry = await parley('migrate', '--dry-run');
  assert.match(dry.out, /^Would create Parley, because there is no Parley in the database "test_/);
  assert.equal(
    dry.out.replace(/^.*\n/, ''),
    `Missing:\n${labels.map((label) => `  ${label}\n`).join('')}`,
  );
  const before = (await parley('doctor', '--json')).json().checks.at(-1);
  assert.deepEqual([before.name, before.status], ['migrations', 'warn']);
  assert.deepEqual((await parley('migrate', '--json')).json(), { applied: labels });
  assert.equal((await parley('migrate')).out, 'The schema is up to date.\n');
  assert.deepEqual((await parley('migrate', '--dry-run', '--json')).json(), { missing: [] });
});

test('token create: makes the first workspace and no other token in an empty database', async () => {
  const database = await openTestDatabase();
  const parley = on(database);
  assert.match((await parley('workspace', 'list')).out, /^No workspaces yet\./);
  assert.match((await parley('token', 'list')).out, /^No tokens yet\./);
  const made = (await parley('token', 'create', '--json')).json();
  assert.deepEqual([made.workspace, made.channel], ['default', 'default']);
  const listed = (await parley('token', 'list', '--json')).json();
  assert.deepEqual(
    listed.map(({ id }: { id: number }) => id),
    [made.id],
  );
});

test('commands: leave a database that is behind alone and say what to do', async () => {
  const database = await openTestDatabase();
  await database.sql('delete from schema_migrations where number = $1', [labels.length]);
  const ran = await on(database)('token', 'list');
  assert.equal(ran.code, 1);
  assert.match(ran.err, /is at schema \d+, but this Parley needs \d+: run `parley migrate`/);
  const { checks } = await examine(database);
  assert.equal(checks.get('migrations')?.status, 'warn');
});

test('commands: reject a database of a newer Parley and say what to do', async () => {
  const database = await openTestDatabase();
  const next = labels.length + 1;
  await database.sql(
    `insert into schema_migrations (number, name, checksum) values ($1, 'x', 'x')`,
    [next],
  );
  const parley = on(database);
  for (const words of [['token', 'create'], ['migrate'], ['migrate', '--dry-run']]) {
    const ran = await parley(...words);
    assert.equal(ran.code, 1);
    assert.match(
      ran.err,
      /^parley: the database is at schema \d+, this Parley knows only \d+.*\n$/,
    );
  }
  const { ran, checks } = await examine(database);
  assert.equal(ran.code, 1);
  assert.match(checks.get('migrations')?.message ?? '', /migrated by a newer version/);
});

test('doctor: fails only for a server that may lose what it acknowledged', async () => {
  // The PostgreSQL of the tests runs without fsync.
  const { ran, checks } = await examine(await openTestDatabase());
  assert.equal(ran.code, 1);
  const failed = [...checks.values()].filter(({ status }) => status === 'fail');
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['durability'],
  );
  assert.match(failed[0]!.message, /^fsync off, .*a crash may lose/);
  assert.match(
    checks.get('postgresql')?.message ?? '',
    /^\d+\.\d+.*from PARLEY_DATABASE_URL, reachable/,
  );
  assert.equal(checks.get('tokens')?.status, 'warn');
});

test('doctor: names each damage done to the schema by hand', async () => {
  const database = await openTestDatabase();
  await database.sql(`
    alter table parley.contacts no force row level security;
    alter table parley.conversations disable row level security;
    drop index parley.contacts_external_id`);
  const text = await on(database)('doctor');
  assert.equal(text.code, 1);
  assert.match(
    text.out,
    /FAIL {2}row-level security +not enabled and forced on: contacts, conversations/,
  );
  assert.match(text.out, /FAIL {2}schema +differs/);
  assert.match(text.out, / +table contacts lacks: CREATE UNIQUE INDEX contacts_external_id/);
});

test('doctor: tells an added index from an added policy that shows everything', async () => {
  const database = await openTestDatabase();
  await database.sql('create index mine on parley.contacts (email)');
  assert.equal((await examine(database)).checks.get('schema')?.status, 'warn');
  await database.sql(`insert into workspaces (name) values ('seen')`);
  await database.sql('create policy all_of_it on parley.workspaces using (true)');
  const { checks } = await examine(database);
  assert.match(
    checks.get('row-level security')?.message ?? '',
    /a connection that names no workspace sees rows/,
  );
});

test('commands: exit with 1 and one sentence when PostgreSQL does not respond', async () => {
  const nowhere = { url: 'postgresql://parley@127.0.0.1:1/parley' };
  const [list, { ran, checks }] = await Promise.all([
    on(nowhere)('token', 'list'),
    examine(nowhere),
  ]);
  assert.equal(list.code, 1);
  assert.match(
    list.err,
    /^parley: the PostgreSQL of PARLEY_DATABASE_URL does not respond \(.*\)\.\n$/,
  );
  assert.equal(ran.code, 1);
  assert.match(checks.get('postgresql')?.message ?? '', /does not respond/);
});

test('commands: exit with 1 and one sentence when the password is wrong', async () => {
  const { url } = await openTestDatabase();
  const ran = await on({ url: url.replace(/:[^:@/]+@/, ':wrong@') })('workspace', 'list');
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^parley: PostgreSQL rejects the login of PARLEY_DATABASE_URL: .*\n$/);
});

test('commands: exit with 1 and name the database when it does not exist', async () => {
  const { url } = await openTestDatabase();
  const ran = await on({ url: url.replace(/\/test_\w+/, '/no_such_database') })(
    'workspace',
    'list',
  );
  assert.equal(ran.code, 1);
  assert.equal(
    ran.err,
    'parley: database "no_such_database" does not exist: create it, or correct PARLEY_DATABASE_URL.\n',
  );
});
