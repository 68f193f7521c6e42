// bin/parley.js under a Node that is too old starts a bundled one, and both always end together.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runParleyProcess, temporaryFolder } from '../cli/run-parley.ts';
import { type Serving, startServe, timed, untilGone } from '../cli/serve-process.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { type NodeToTry, nodesToTry, pretended } from './nodes.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

async function start(node: NodeToTry): Promise<Serving> {
  const { url } = await openTestDatabase();
  return startServe({ ...node, settings: { PARLEY_DATABASE_URL: url } });
}

for (const node of nodesToTry) {
  const { title } = node;

  test(`launcher: ${title} passes exit codes and output on`, async () => {
    const [version, wrong] = await Promise.all([
      runParleyProcess(['--version'], node),
      runParleyProcess(['nonsense'], node),
    ]);
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
    assert.equal(version.code, 0, version.err);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /unknown command "nonsense"/);
  });

  test(`launcher: ${title} exits with 0 on Ctrl-C to the whole group`, async () => {
    const { child, url, exited, printed } = await start(node);
    process.kill(-child.pid!, 'SIGINT');
    await timed(exited);
    assert.deepEqual(await exited, { code: 0, signal: null }, printed());
    await untilGone(url);
  });

  test(`launcher: ${title} exits with 0 on SIGTERM to the launcher alone`, async () => {
    const { child, url, exited, printed } = await start(node);
    child.kill('SIGTERM');
    await timed(exited);
    assert.deepEqual(await exited, { code: 0, signal: null }, printed());
    await untilGone(url);
  });

  test(`launcher: ${title} ends the server on SIGKILL to the launcher`, async () => {
    const { child, url, exited } = await start(node);
    child.kill('SIGKILL');
    // The server inherits its output: once that is closed, the server has ended too.
    await timed(exited);
    await untilGone(url);
  });
}

test('launcher: runs the sources of a checkout without dist', async () => {
  const copy = temporaryFolder('checkout');
  for (const name of ['bin', 'src', 'package.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const ran = await runParleyProcess(['config'], {
    launcher: join(copy, 'bin', 'parley.js'),
    cwd: copy,
  });
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /PARLEY_PORT/);
});

test('launcher: exits with 1 and one sentence when there is only a too old Node', async () => {
  const copy = temporaryFolder('no-node');
  cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
  const launcher = join(copy, 'bin', 'parley.mjs');
  renameSync(join(copy, 'bin', 'parley.js'), launcher);
  const settings = { XDG_CACHE_HOME: copy };
  const ran = await runParleyProcess(['--version'], { ...pretended, launcher, settings });
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^parley needs Node 24 or newer; this is v/);
  assert.ok(ran.err.includes(`\n  node ${launcher} install-node\n`), ran.err);
});

test('launcher: install-node says so when none is needed', async () => {
  const ran = await runParleyProcess(['install-node']);
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^This is Node v\d+\S+: parley needs no other\.\n$/);
});

test('launcher: install-node with --help or a wrong argument fetches nothing', async () => {
  const copy = temporaryFolder('install-node');
  cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
  const launcher = join(copy, 'bin', 'parley.mjs');
  renameSync(join(copy, 'bin', 'parley.js'), launcher);
  // A fake npm that leaves a trace.
  const npm = join(copy, 'npm');
  writeFileSync(npm, `#!/bin/sh\ntouch ${copy}/called\n`, { mode: 0o755 });
  const cache = join(copy, 'cache');
  const settings = {
    XDG_CACHE_HOME: cache,
    PATH: `${copy}:${process.env['PATH']}`,
    npm_execpath: '',
  };
  const lines: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['--help'], 0, /^Usage: parley install-node .*--help/s],
    [['-h'], 0, /^Usage: parley install-node/],
    [['--nonsense', '--help'], 0, /^Usage: parley install-node/],
    [
      ['--nonsense'],
      2,
      /^parley: unexpected argument '--nonsense'\nSee: parley install-node --help/,
    ],
    [['now'], 2, /^parley: unexpected argument 'now'/],
  ];
  for (const [words, code, said] of lines) {
    const ran = await runParleyProcess(['install-node', ...words], {
      ...pretended,
      launcher,
      settings,
    });
    assert.equal(ran.code, code, words.join(' '));
    assert.match(ran.out + ran.err, said);
    assert.ok(!existsSync(cache) && !existsSync(join(copy, 'called')), words.join(' '));
  }
  await runParleyProcess(['install-node'], { ...pretended, launcher, settings });
  assert.ok(existsSync(join(copy, 'called')), 'only without a word');
});

test('launcher: packages with a Node are those of a checkout', async () => {
  const { nodePackages } = (await import(join(root, 'bin', 'own-node.mjs'))) as {
    nodePackages: Record<string, { name: string; version: string }>;
  };
  const ours = Object.values(nodePackages).map(({ name, version }) => [name, version]);
  const file = readFileSync(join(root, 'packages', 'node', 'package.json'), 'utf8');
  const { optionalDependencies } = JSON.parse(file);
  assert.deepEqual(Object.fromEntries(ours), optionalDependencies);
});
