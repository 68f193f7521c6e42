// Ownership of a data folder that several processes want, and what a killed owner leaves behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chooseRunAs, identityOf } from './run-as.ts';
import { eventually, isRunning, query, quick, Sandbox } from './sandbox.fixture.ts';

test('second server: fails on a held data folder, with the holder and what to do', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const holder = sandbox.hold();
  await holder.until('acquired');
  await assert.rejects(sandbox.acquire(), (error: Error & { code: string }) => {
    assert.equal(error.name, 'DataFolderInUse');
    assert.equal(error.code, 'data_folder_in_use');
    assert.match(error.message, new RegExp(`parley serve \\(pid ${holder.child.pid}\\)`));
    assert.match(error.message, /PARLEY_DATA_DIR/);
    assert.ok(error.message.includes(sandbox.dataDir));
    return true;
  });
});

test('command: uses the PostgreSQL of a running server and leaves it running', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const holder = sandbox.hold();
  const { pid } = await holder.until('acquired');
  const guest = await sandbox.acquire({ purpose: 'command', extraSettings: { fsync: 'on' } });
  assert.equal(guest.isOwner, false);
  assert.equal(guest.postmasterPid(), pid);
  assert.deepEqual(await query(guest, 'select 1 as one'), [{ one: 1 }]);
  await guest.release();
  assert.ok(isRunning(pid!));
  assert.equal(await holder.release(), 0);
  assert.equal(isRunning(pid!), false);
});

test('command: owns PostgreSQL when alone, and stops it; others wait for it', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const command = sandbox.hold({ purpose: 'command' });
  const first = await command.until('acquired');
  assert.equal(first.isOwner, true);
  const server = sandbox.hold();
  const second = sandbox.hold({ purpose: 'command', processName: 'parley apply' });
  await pause(400);
  assert.equal(
    server.events.some((event) => event.event === 'acquired'),
    false,
  );
  await command.release();
  const [serving] = await Promise.all(
    [server.until('acquired'), second.until('acquired')].map(async (acquired, index) => {
      const event = await acquired;
      // If the second command came first, it has to end before the server can own the folder.
      if (index === 1 && event.isOwner) await second.release();
      return event;
    }),
  );
  assert.equal(serving!.isOwner, true);
  assert.ok(isRunning(serving!.pid!));
});

test('server: fails with the name of a command that does not let go in time', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  await sandbox.acquire({ purpose: 'command' });
  await assert.rejects(sandbox.acquire({ waitTimeoutMs: 300 }), {
    name: 'DataFolderInUse',
    message: /parley token create \(pid \d+\)/,
  });
});

test('concurrent first starts: two commands both succeed on one cluster', async (t) => {
  const sandbox = new Sandbox(t);
  const names = ['one', 'two'];
  const results = await Promise.all(
    names.map(async (name) => {
      const holder = sandbox.hold({ purpose: 'command', processName: name });
      const acquired = await holder.until('acquired');
      await holder.release();
      return acquired;
    }),
  );
  assert.ok(results.every((result) => result.isOwner));
  const left = readdirSync(sandbox.dataDir).sort();
  assert.deepEqual(left, ['postgresql', 'postgresql.log']);
});

test('concurrent first starts: exactly one of two servers wins', async (t) => {
  const sandbox = new Sandbox(t);
  const holders = [sandbox.hold(), sandbox.hold()];
  const outcomes = await Promise.all(
    holders.map((holder) =>
      Promise.race([
        holder.until('acquired'),
        holder.until('failed').catch(() => new Promise<never>(() => undefined)),
      ]),
    ),
  );
  const failed = outcomes.filter((outcome) => outcome.event === 'failed');
  assert.deepEqual(
    failed.map((outcome) => outcome.code),
    ['data_folder_in_use'],
  );
});

test('killed during initdb: leaves no half cluster; the next start makes one', async (t) => {
  const sandbox = new Sandbox(t);
  const holder = sandbox.hold();
  const unfinished = (): string[] =>
    existsSync(sandbox.dataDir)
      ? readdirSync(sandbox.dataDir).filter((name) => name.startsWith('postgresql.init-'))
      : [];
  await eventually(() =>
    unfinished().some((name) => existsSync(join(sandbox.dataDir, name, 'data', 'base'))),
  );
  await holder.kill();
  assert.equal(existsSync(join(sandbox.dataDir, 'postgresql')), false);
  const embedded = await sandbox.acquire();
  assert.deepEqual(await query(embedded, 'select 1 as one'), [{ one: 1 }]);
  await embedded.release();
  await (await sandbox.acquire()).release();
  assert.deepEqual(unfinished(), []);
});

test('killed server: its PostgreSQL runs on, and the next start adopts it', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const holder = sandbox.hold();
  const { pid } = await holder.until('acquired');
  await holder.kill();
  assert.ok(isRunning(pid!));
  const embedded = await sandbox.acquire();
  assert.equal(embedded.isOwner, true);
  assert.equal(embedded.postmasterPid(), pid);
  // It is not our child, but its end must be noticed.
  process.kill(pid!, 'SIGKILL');
  await eventually(() => ![pid, undefined].includes(embedded.postmasterPid()));
  await eventually(() => embedded.isOwner);
  const next = embedded.postmasterPid()!;
  await embedded.release();
  assert.equal(isRunning(next), false);
});

test('killed server: a start with other settings restarts its PostgreSQL', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const holder = sandbox.hold();
  const { pid } = await holder.until('acquired');
  await holder.kill();
  const embedded = await sandbox.acquire({ extraSettings: { ...quick, work_mem: '7MB' } });
  assert.notEqual(embedded.postmasterPid(), pid);
  assert.equal(isRunning(pid!), false);
  assert.deepEqual(await query(embedded, 'show work_mem'), [{ work_mem: '7MB' }]);
});

test('stale lock file: a dead, foreign or missing pid does not prevent a start', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const clusterDir = join(sandbox.dataDir, 'postgresql');
  // Run by the same user as PostgreSQL: only then does PostgreSQL itself fail on the lock file.
  const other = spawn('sleep', ['60'], { ...identityOf(chooseRunAs()), stdio: 'ignore' });
  t.after(() => other.kill('SIGKILL'));
  const dead = spawn('true', { stdio: 'ignore' });
  await new Promise((resolve) => dead.on('close', resolve));
  for (const pid of [dead.pid, other.pid, '']) {
    const lines =
      pid === '' ? '' : `${pid}\n${clusterDir}\n1700000000\n5432\n.\n\n    5432 1\nready\n`;
    for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock']) {
      writeFileSync(join(clusterDir, name), lines);
    }
    const embedded = await sandbox.acquire();
    assert.deepEqual(await query(embedded, 'select 1 as one'), [{ one: 1 }]);
    assert.notEqual(embedded.postmasterPid(), pid);
    await embedded.release();
  }
  assert.ok(isRunning(other.pid!), 'the other program was left alone');
});

test('process that holds a server: ends by itself when it has nothing else to do', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const holder = sandbox.hold({ leave: true });
  const { pid } = await holder.until('acquired');
  assert.equal(await holder.exit, 0);
  assert.ok(isRunning(pid!), 'PostgreSQL waits for the next start');
});

test('server: stops PostgreSQL at once when the folder is deleted', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const server = await sandbox.acquire();
  const pid = server.postmasterPid()!;
  rmSync(server.clusterDir, { recursive: true, force: true });
  await eventually(() => !isRunning(pid));
  await assert.rejects(query(server, 'select 1'));
  await server.release();
  assert.equal(existsSync(server.clusterDir), false, 'no empty cluster takes its place');
});
