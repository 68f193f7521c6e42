// bin/parley.js under a Node that is too old: it hands over to a bundled one, and both end together, however they end.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runParley, temporaryFolder } from '../cli/run-parley.ts';
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

  test(`launcher: ${title}, exit codes and output come through`, async () => {
    const [version, wrong] = await Promise.all([
      runParley(['--version'], node),
      runParley(['nonsense'], node),
    ]);
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
    assert.equal(version.code, 0, version.err);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /unknown command "nonsense"/);
  });

  test(`launcher: ${title}, Ctrl-C reaches the whole group, ends in order with 0`, async () => {
    const { child, url, exited, printed } = await start(node);
    process.kill(-child.pid!, 'SIGINT');
    await timed(exited);
    assert.deepEqual(await exited, { code: 0, signal: null }, printed());
    await untilGone(url);
  });

  test(`launcher: ${title}, SIGTERM to the launcher alone, ends in order with 0`, async () => {
    const { child, url, exited, printed } = await start(node);
    child.kill('SIGTERM');
    await timed(exited);
    assert.deepEqual(await exited, { code: 0, signal: null }, printed());
    await untilGone(url);
  });

  test(`launcher: ${title}, SIGKILL to the launcher, the server ends by itself`, async () => {
    const { child, url, exited } = await start(node);
    child.kill('SIGKILL');
    // Its output is ours: that it is closed means that the server has ended too.
    await timed(exited);
    await untilGone(url);
  });
}

test('launcher: a checkout without dist, the sources run as they are', async () => {
  const copy = temporaryFolder('checkout');
  for (const name of ['bin', 'src', 'package.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const ran = await runParley(['config'], { launcher: join(copy, 'bin', 'parley.js'), cwd: copy });
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /PARLEY_PORT/);
});

test('launcher: the Node is too old and there is no other, one sentence and 1', async () => {
  const copy = temporaryFolder('no-node');
  cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
  const launcher = join(copy, 'bin', 'parley.mjs');
  renameSync(join(copy, 'bin', 'parley.js'), launcher);
  const settings = { XDG_CACHE_HOME: copy };
  const ran = await runParley(['--version'], { ...pretended, launcher, settings });
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^parley needs Node 24 or newer; this is v/);
  assert.ok(ran.err.includes(`\n  node ${launcher} install-node\n`), ran.err);
});

test('launcher: install-node where none is needed, says so', async () => {
  const ran = await runParley(['install-node']);
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^This is Node v\d+\S+: parley needs no other\.\n$/);
});

test('launcher: install-node with --help or a wrong word, nothing is fetched', async () => {
  const copy = temporaryFolder('install-node');
  cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
  const launcher = join(copy, 'bin', 'parley.mjs');
  renameSync(join(copy, 'bin', 'parley.js'), launcher);
  // An npm that leaves a trace.
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
    const ran = await runParley(['install-node', ...words], { ...pretended, launcher, settings });
    assert.equal(ran.code, code, words.join(' '));
    assert.match(ran.out + ran.err, said);
    assert.ok(!existsSync(cache) && !existsSync(join(copy, 'called')), words.join(' '));
  }
  await runParley(['install-node'], { ...pretended, launcher, settings });
  assert.ok(existsSync(join(copy, 'called')), 'only without a word');
});

test('launcher: the packages with a Node, they are those of a checkout', async () => {
  const { nodePackages } = (await import(join(root, 'bin', 'own-node.mjs'))) as {
    nodePackages: Record<string, { name: string; version: string }>;
  };
  const ours = Object.values(nodePackages).map(({ name, version }) => [name, version]);
  const file = readFileSync(join(root, 'packages', 'node', 'package.json'), 'utf8');
  const { optionalDependencies } = JSON.parse(file);
  assert.deepEqual(Object.fromEntries(ours), optionalDependencies);
});
