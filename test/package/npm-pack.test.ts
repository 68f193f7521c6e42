// The npm package from a user's view: packed, installed into an empty folder, started, used and stopped.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, runParleyProcess, temporaryFolder } from '../cli/run-parley.ts';
import { startServe, timed } from '../cli/serve-process.ts';
import { eventBody, request } from '../support/server.ts';
import { nodesToTry } from './nodes.ts';
import { install, type Packed, pack } from './npm.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = temporaryFolder('package');
const installed = join(folder, 'node_modules', '@parley-server', 'parley');
const launcher = join(installed, 'bin', 'parley.js');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const sizeMaxBytes = 1024 * 1024;
/** A user folder for `parley install-node`, away from the real one. */
const cache = { XDG_CACHE_HOME: temporaryFolder('package-cache') };
let packed: Packed;

before(() => {
  packed = pack(root, folder);
  const scripts = { version: 'node --print process.version' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, scripts }));
  install(folder, packed);
});

test('package: contains what runs and nothing else', (t) => {
  const paths = packed.files.map(({ path }) => path);
  for (const wanted of [
    'bin/parley.js',
    'bin/own-node.mjs',
    'dist/cli/run.js',
    'dist/store/schema/schema.sql',
    'dist/http/reference/assets/parley.css',
    'docs/api.md',
    'docs/parley.schema.json',
    'dist/store/schema/migrations/0001_workspaces_and_access.sql',
    'LICENSE',
  ]) {
    assert.ok(paths.includes(wanted), `${wanted} is missing`);
  }
  const builds = new Set(
    paths.flatMap((path) => /^dist\/web\/([0-9a-f]+)\/index\.html$/.exec(path)?.[1] ?? []),
  );
  assert.equal(builds.size, 1, `builds of the web app: ${[...builds]}`);
  const strange = paths.filter((path) =>
    /\.test\.|\.fixture\.|\.map$|\.ts$|^(src|test|packages|dist\/receiver)\//.test(path),
  );
  assert.deepEqual(strange, []);
  t.diagnostic(
    `${packed.size} bytes packed, ${packed.unpackedSize} unpacked, ${paths.length} files`,
  );
  assert.ok(packed.size < sizeMaxBytes, `${packed.size} bytes`);
});

test('package: names the folder it was built in nowhere', () => {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true });
  const naming = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => readFileSync(path, 'utf8').includes(root));
  assert.deepEqual(naming, []);
});

test('package: leaves the Node of an app’s own scripts alone', (t) => {
  const packages = join(folder, 'node_modules');
  t.diagnostic(`programs: ${readdirSync(join(packages, '.bin')).join(' ')}`);
  assert.ok(!existsSync(join(packages, '.bin', 'node')), 'a node among the programs');
  const ours = nodesToTry.find(({ nodeArguments }) => nodeArguments.length === 0)!;
  for (const { node } of nodesToTry.filter(({ nodeArguments }) => nodeArguments.length === 0)) {
    const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
    const run = (program: string, ...words: string[]) =>
      spawnSync(program, words, {
        cwd: folder,
        env: { ...cleanEnvironment(), PATH: path },
        encoding: 'utf8',
      }).stdout.trim();
    assert.equal(run('npm', 'run', '--silent', 'version'), run(node, '--version'), ours.title);
  }
});

test('package: names the command to run when the Node is too old', async () => {
  const old = nodesToTry.at(-1)!;
  const options = { ...old, launcher, cwd: folder, settings: cache };
  const before = await runParleyProcess(['--version'], options);
  assert.equal(before.code, 1);
  const words = /^ {2}node (\S+) install-node$/m.exec(before.err);
  assert.ok(words !== null, before.err);
  assert.equal(join(folder, words[1]!), launcher);
  const fetched = await runParleyProcess(['install-node'], options);
  assert.equal(fetched.code, 0, fetched.out + fetched.err);
  const after = await runParleyProcess(['--version'], options);
  assert.equal(after.out, `${manifest.version}\n`, after.err);
  assert.ok(!existsSync(join(folder, 'node_modules', '.bin', 'node')));
});

test('package: installed command answers to --version and --help', () => {
  const command = join(folder, 'node_modules', '.bin', 'parley');
  for (const { node, nodeArguments } of nodesToTry) {
    if (nodeArguments.length > 0) continue;
    const env = {
      ...cleanEnvironment(cache),
      PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    };
    const run = (word: string) => spawnSync(command, [word], { env, encoding: 'utf8' });
    assert.equal(run('--version').stdout, `${manifest.version}\n`);
    assert.match(run('--help').stdout, /parley serve +Run the server/);
  }
});

for (const [index, node] of nodesToTry.entries()) {
  test(`package: starts by ${node.title} in an empty folder, answers, ends by SIGTERM`, async (t) => {
    const cwd = temporaryFolder('package-run');
    const options = { ...node, launcher, cwd, settings: cache };
    const startMs = performance.now();
    const server = await startServe(options);
    t.diagnostic(`listening after ${Math.round(performance.now() - startMs)} ms, cluster made`);
    assert.match(server.token ?? '', /^parley_/);
    const url = `${server.url}/custom_channel_events/notify_new_conversation`;
    const headers = { authorization: `Bearer ${server.token}` };
    const response = await request(url, 'POST', eventBody('new_conversation'), headers);
    assert.equal(response.status, 200, JSON.stringify(response.body));
    for (const path of [
      '/',
      '/app',
      '/docs',
      '/docs/operating',
      '/docs/parley.css',
      '/docs/parley.js',
    ]) {
      assert.equal((await fetch(server.url + path)).status, 200, path);
    }
    if (index === 0) {
      const doctor = await runParleyProcess(['doctor'], options);
      assert.equal(doctor.code, 0, doctor.out + doctor.err);
    }
    server.child.kill('SIGTERM');
    const stopMs = await timed(server.exited);
    t.diagnostic(`stopped within ${Math.round(stopMs)} ms`);
    assert.deepEqual(await server.exited, { code: 0, signal: null }, server.printed());
    assert.ok(!readdirSync(join(cwd, '.parley', 'postgresql')).includes('postmaster.pid'));
  });
}
