// The life of one embedded PostgreSQL: first start, settings, roles, release, restarts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { resolveBinaries } from './binaries.ts';
import { describeEmbedded } from './embedded.ts';
import { stopPostmaster } from './postmaster.ts';
import { chooseRunAs } from './run-as.ts';
import {
  eventually,
  isRoot,
  isRunning,
  query,
  Sandbox,
  superuserQuery,
} from './sandbox.fixture.ts';
import { defaultSystemFolders } from './trusted-folder.ts';

test('first start: makes a durable cluster that is reachable by its socket only', async (t) => {
  const sandbox = new Sandbox(t);
  process.env.PGOPTIONS = '-c work_mem=77MB';
  t.after(() => delete process.env.PGOPTIONS);
  const startMs = performance.now();
  const embedded = await sandbox.acquire({ extraSettings: {} });
  t.diagnostic(`first start: ${Math.round(performance.now() - startMs)} ms`);
  const pid = embedded.postmasterPid()!;

  assert.equal(embedded.isOwner, true);
  const [settings] = await superuserQuery<Record<string, string>>(
    embedded,
    `select json_object_agg(name, setting) as settings from pg_settings`,
  );
  const values = settings!.settings as unknown as Record<string, string>;
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums']) {
    assert.equal(values[name], 'on', name);
  }
  assert.equal(values.listen_addresses, '');
  assert.equal(values.unix_socket_directories, '.');
  assert.equal(values.wal_compression, 'pglz');
  assert.equal(values.max_connections, '60');
  assert.equal(values.TimeZone, 'UTC');
  assert.equal(values.password_encryption, 'scram-sha-256');
  assert.ok(existsSync(join(embedded.clusterDir, '.s.PGSQL.5432')));
  assert.equal(statSync(join(embedded.clusterDir, 'parley-credentials.json')).mode & 0o777, 0o600);
  assert.match(readFileSync(join(sandbox.dataDir, 'postgresql.log'), 'utf8'), /ready to accept/);

  if (isRoot) {
    assert.equal(statSync(`/proc/${pid}`).uid, chooseRunAs().uid, 'PostgreSQL is not root');
  } else {
    assert.equal(statSync(embedded.clusterDir).uid, process.geteuid?.());
  }
  const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' });
  assert.equal(Number(group), pid, 'a Ctrl-C in our terminal does not reach PostgreSQL');
  if (process.platform === 'linux') {
    assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /PGOPTIONS/);
  }
});

test('application role: owns its database after the first start and nothing else', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  const [role] = await query<Record<string, boolean | string>>(
    embedded,
    `select current_user as name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
            rolreplication, pg_get_userbyid(datdba) as owner,
            pg_encoding_to_char(encoding) as encoding,
            datlocprovider as provider, datlocale as locale
       from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
  );
  assert.deepEqual(role, {
    ...{ name: 'parley', owner: 'parley', rolsuper: false, rolbypassrls: false },
    ...{ rolcreaterole: false, rolcreatedb: false, rolreplication: false },
    ...{ encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8' },
  });
  await query(embedded, 'create table kept (n int); insert into kept values (1)');
  await assert.rejects(query(embedded, 'create database another'), /permission denied/);

  const wrong = { ...embedded, connection: { ...embedded.connection, password: 'wrong' } };
  await assert.rejects(query(wrong, 'select 1'), /password authentication failed/);
  await embedded.release();

  const startMs = performance.now();
  const again = await sandbox.acquire({ applicationRoleMayCreateDatabases: true });
  t.diagnostic(`restart: ${Math.round(performance.now() - startMs)} ms`);
  assert.deepEqual(await query(again, 'select n from kept'), [{ n: 1 }]);
  await query(again, 'create database another');
  await query(again, 'drop database another');
  await query(again, 'drop table kept');
});

test('deep data folder: is reached through a short link if too long for a socket', async (t) => {
  const sandbox = new Sandbox(t);
  const dataDir = join(sandbox.folder, "it's a deep folder ".repeat(5), 'x'.repeat(200), 'data');
  await sandbox.prepare({ spoils: true });
  mkdirSync(dirname(dataDir), { recursive: true });
  renameSync(sandbox.dataDir, dataDir);
  const embedded = await sandbox.acquire({ dataDir });
  assert.ok(embedded.clusterDir.length > 300);
  assert.ok(embedded.connection.host.length < 90);
  assert.deepEqual(await query(embedded, 'select 1 as one'), [{ one: 1 }]);
  const folder = join(embedded.connection.host, '..');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  await embedded.release();
  assert.equal(existsSync(folder), false);
});

test('release: stops PostgreSQL cleanly, also when called twice', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  const pid = embedded.postmasterPid()!;
  await Promise.all([embedded.release(), embedded.release()]);
  await embedded.release();
  assert.equal(isRunning(pid), false);
  assert.equal(embedded.isOwner, false);
  assert.equal(embedded.postmasterPid(), undefined);
  const log = readFileSync(join(sandbox.dataDir, 'postgresql.log'), 'utf8');
  assert.match(log, /database system is shut down\n$/);
});

test('stop: ends a backend that does not react with SIGQUIT after the limit', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire({ purpose: 'command' });
  const { clusterDir } = embedded;
  const pid = embedded.postmasterPid()!;
  const [backend] = await superuserQuery<{ pid: number }>(
    embedded,
    `select pid from pg_stat_activity where application_name like 'parley token create%'`,
  );
  process.kill(backend!.pid, 'SIGSTOP');
  const log = sandbox.options().log;
  const runAs = chooseRunAs();
  const binaries = await resolveBinaries({ runAs, systemFolders: defaultSystemFolders, log });
  const fastShutdownLimitMs = 200;
  assert.ok(await stopPostmaster({ pid, clusterDir, runAs, binaries, log, fastShutdownLimitMs }));
  assert.equal(isRunning(pid), false);
  assert.match(sandbox.messages(), /SIGQUIT/);
});

test('supervision: restarts and owns a killed PostgreSQL, twice', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  await query(embedded, 'create table survived (n int); insert into survived values (7)');
  for (let round = 0; round < 2; round += 1) {
    const pid = embedded.postmasterPid()!;
    process.kill(pid, 'SIGKILL');
    // Until the end is noticed there is no pid, but the cluster is still owned.
    await eventually(() => ![pid, undefined].includes(embedded.postmasterPid()));
    await eventually(() => embedded.isOwner);
    assert.deepEqual(await query(embedded, 'select n from survived'), [{ n: 7 }]);
  }
  await assert.rejects(sandbox.acquire(), { code: 'data_folder_in_use' });
  assert.match(sandbox.messages(), /lost[\s\S]*is back[\s\S]*lost[\s\S]*is back/);
});

test('supervision: owns the same server again after the crash of one backend', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  const pid = embedded.postmasterPid();
  const [backend] = await superuserQuery<{ pid: number }>(
    embedded,
    `select pid from pg_stat_activity where application_name like 'parley serve%'`,
  );
  process.kill(backend!.pid, 'SIGKILL');
  await eventually(() => !embedded.isOwner);
  await eventually(() => embedded.isOwner);
  assert.equal(embedded.postmasterPid(), pid);
  assert.deepEqual(await query(embedded, 'select 1 as one'), [{ one: 1 }]);
});

test('supervision: retries a failing start with growing pauses', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  const configuration = join(embedded.clusterDir, 'postgresql.conf');
  const before = readFileSync(configuration);
  appendFileSync(configuration, '\nno_such_setting = on\n');
  process.kill(embedded.postmasterPid()!, 'SIGKILL');
  const failures = (): number => sandbox.messages().split('could not be restarted').length - 1;
  await eventually(() => failures() >= 3);
  assert.match(JSON.stringify(sandbox.log), /no_such_setting/);
  writeFileSync(configuration, before);
  await eventually(() => embedded.isOwner);
  assert.ok(failures() < 6, `pauses grow: ${failures()} attempts`);
  assert.deepEqual(await query(embedded, 'select 1 as one'), [{ one: 1 }]);
});

test('supervision: leaves nothing running when released during a restart', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  process.kill(embedded.postmasterPid()!, 'SIGKILL');
  await eventually(() => !embedded.isOwner);
  await embedded.release();
  await eventually(() => embedded.postmasterPid() === undefined);
  await pause(300);
  assert.equal(embedded.postmasterPid(), undefined, 'and nothing comes back');
});

test('log file: is set aside once if larger than 10 MB at a start', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const logFile = join(sandbox.dataDir, 'postgresql.log');
  writeFileSync(logFile, Buffer.alloc(11 * 1024 * 1024, 'x'));
  await (await sandbox.acquire()).release();
  assert.ok(statSync(logFile).size < 10_000);
  assert.ok(readdirSync(sandbox.dataDir).includes('postgresql.log.1'));
});

test('report: names all locations before, during and after a run', async (t) => {
  const sandbox = new Sandbox(t);
  const before = await describeEmbedded(sandbox.dataDir);
  assert.equal(before.clusterVersion, undefined);
  assert.equal(existsSync(sandbox.dataDir), false, 'it only looks');
  await sandbox.prepare();
  const embedded = await sandbox.acquire();
  const report = await describeEmbedded(sandbox.dataDir);
  assert.equal(report.clusterDir, embedded.clusterDir);
  assert.equal(report.runningPid, embedded.postmasterPid());
  assert.equal(report.clusterVersion, '18');
  assert.equal(report.user, chooseRunAs().name);
  assert.deepEqual(report.problems, []);
});
