// `parley restore` into a new data folder, killed at each stage: every command says what happened, none mistakes the
// rest for a new Parley, and a second restore succeeds.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { openTestDatabase } from '../support/postgres.ts';
import { addWorkspace, SECRET_KEY } from '../support/server.ts';
import { isThorough } from '../support/thoroughness.ts';
import { until } from '../support/until.ts';
import {
  checkoutLauncher,
  cleanEnvironment,
  type Ran,
  runParley,
  temporaryFolder,
} from './run-parley.ts';
import { startServe, timed } from './serve-process.ts';

const folder = temporaryFolder('restore-killed');
const file = join(folder, 'source.backup');
const key = { PARLEY_SECRET_KEY: SECRET_KEY };
const contactCount = 80_000;
let workspaceName: string;

function succeeded(ran: Ran): Ran {
  assert.equal(ran.code, 0, ran.out + ran.err);
  return ran;
}

before(async () => {
  const database = await openTestDatabase();
  const settings = { PARLEY_DATABASE_URL: database.url, ...key };
  workspaceName = 'from the backup';
  await addWorkspace(database, workspaceName);
  await database.sql(
    `insert into contacts (workspace_id, id, role, external_id, created_at, updated_at, created_by_signal)
      select 1, lpad(to_hex(n), 24, '0'), 'user', 'person_' || n, now(), now(), n
        from generate_series(1, ${contactCount}) n`,
  );
  succeeded(await runParley(['backup', file], { settings }));
});

let folders = 0;
function freshFolder() {
  folders += 1;
  const dataDir = join(folder, `target-${folders}`);
  return { dataDir, settings: { PARLEY_DATA_DIR: dataDir, ...key } };
}

function startRestore(settings: Record<string, string>) {
  const child = spawn(process.execPath, [checkoutLauncher, 'restore', file], {
    env: cleanEnvironment(settings),
    stdio: 'ignore',
  });
  const exited = new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  return { child, exited };
}

/** Kills the process (SIGKILL) as soon as a condition holds. */
async function killWhen(child: ChildProcess, exited: Promise<unknown>, isSeen: () => boolean) {
  const endMs = performance.now() + 60_000;
  while (!isSeen()) {
    assert.ok(performance.now() < endMs && child.exitCode === null, 'the moment never came');
    await pause(1);
  }
  child.kill('SIGKILL');
  assert.equal(await exited, 'SIGKILL');
}

const names = (dataDir: string) => (existsSync(dataDir) ? readdirSync(dataDir) : []);
const hasMark = (dataDir: string) => names(dataDir).includes('unfinished-restore.json');
const isMakingCluster = (dataDir: string) =>
  names(dataDir).some(
    (name) =>
      name.startsWith('postgresql.init-') && existsSync(join(dataDir, name, 'data', 'PG_VERSION')),
  );

/** Checks that no command continues or creates a new Parley. */
async function assertBlocked(settings: Record<string, string>): Promise<void> {
  for (const words of [['serve', '--json'], ['migrate'], ['token', 'list'], ['channel', 'list']]) {
    const ran = await runParley(words, { settings: { ...settings, PARLEY_PORT: '0' } });
    assert.equal(ran.code, 1, `${words.join(' ')}: ${ran.out}${ran.err}`);
    assert.match(
      ran.err,
      /^parley: a restore of .*source\.backup into this (data folder|database) began at .* run `parley restore` again.*\n$/m,
    );
  }
  const doctor = await runParley(['doctor'], { settings });
  assert.equal(doctor.code, 1, doctor.out);
  assert.match(doctor.out, /FAIL .*a restore of .*source\.backup/);
}

async function assertRestored(settings: Record<string, string>): Promise<void> {
  const listed = succeeded(await runParley(['workspace', 'list'], { settings }));
  assert.match(listed.out, new RegExp(workspaceName));
  const server = await startServe({ settings });
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  server.child.kill('SIGTERM');
  await timed(server.exited);
}

const stages: readonly (readonly [string, (dataDir: string) => boolean])[] = [
  ['before the cluster is made', hasMark],
  ['while initdb runs', isMakingCluster],
  ['when the cluster is there', (dataDir) => existsSync(join(dataDir, 'postgresql', 'PG_VERSION'))],
];
for (const [stage, isSeen] of isThorough ? stages : stages.slice(1, 2)) {
  test(`restore: when killed ${stage}, blocks other commands until it is run again`, async () => {
    const { dataDir, settings } = freshFolder();
    const { child, exited } = startRestore(settings);
    await killWhen(child, exited, () => isSeen(dataDir));
    await assertBlocked(settings);
    succeeded(await runParley(['restore', file], { settings }));
    assert.ok(!hasMark(dataDir));
    await assertRestored(settings);
  });
}

/** Reads the embedded database directly, without Parley's commands. */
async function look(dataDir: string, query: string): Promise<Record<string, unknown> | undefined> {
  const host = join(dataDir, 'postgresql');
  const { superuserPassword } = JSON.parse(
    readFileSync(join(host, 'parley-credentials.json'), 'utf8'),
  );
  const login = { user: 'postgres', password: superuserPassword, database: 'parley' };
  const client = new pg.Client({ host, port: 5432, ...login });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(query)).rows[0];
  } finally {
    await client.end();
  }
}

test('restore: when killed in the transaction, blocks commands until it is run again', async () => {
  const { dataDir, settings } = freshFolder();
  const { child, exited } = startRestore(settings);
  const copying = `select from pg_stat_activity where datname = 'parley' and query ilike 'copy%contacts%'`;
  await until('rows are under way', async () =>
    look(dataDir, copying).then(
      (row) => row !== undefined,
      () => false,
    ),
  );
  child.kill('SIGKILL');
  assert.equal(await exited, 'SIGKILL');
  await assertBlocked(settings);
  succeeded(await runParley(['restore', file], { settings }));
  await assertRestored(settings);
});

test('restore: is complete when killed after the transaction', {
  skip: !isThorough && 'PARLEY_TEST_THOROUGH=1 runs it',
}, async () => {
  const { dataDir, settings } = freshFolder();
  const { child, exited } = startRestore(settings);
  const restored = `select from parley.workspaces where name = '${workspaceName}'`;
  await until('the rows are committed', async () =>
    look(dataDir, restored).then(
      (row) => row !== undefined,
      () => child.exitCode !== null,
    ),
  );
  child.kill('SIGKILL');
  await exited;
  await assertRestored(settings);
  const contacts = await runParley(['restore', file], { settings });
  assert.match(contacts.err, /the database is in use/);
  assert.ok(!hasMark(dataDir), 'a failed check leaves no mark');
});

test('restore: leaves neither a mark nor a folder when it is rejected', async () => {
  const { dataDir, settings } = freshFolder();
  const other = join(folder, 'no-backup');
  writeFileSync(other, 'no backup');
  for (const path of [other, join(folder, 'nowhere')]) {
    assert.equal((await runParley(['restore', path], { settings })).code, 1);
    assert.ok(!existsSync(dataDir));
  }
});
