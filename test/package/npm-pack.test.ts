// The npm package as a stranger gets it: packed, installed into an empty folder, started, used, stopped.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, runParley, temporaryFolder } from '../cli/run-parley.ts';
import { startServe, timed } from '../cli/serve-process.ts';
import { eventBody, request } from '../support/server.ts';
import { nodesToTry } from './nodes.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = temporaryFolder('package');
const launcher = join(folder, 'node_modules', 'parley', 'bin', 'parley.js');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const sizeMaxBytes = 1024 * 1024;

type Packed = { filename: string; size: number; unpackedSize: number; files: { path: string }[] };
let packed: Packed;

before(() => {
  const answer = npm(root, 'pack', '--json', '--pack-destination', folder);
  // Newer npm answers with an object by package name, older ones with a list.
  packed = (Object.values(JSON.parse(answer)) as Packed[])[0]!;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const quickly = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
  npm(folder, 'install', join(folder, packed.filename), ...quickly);
});

/** Runs npm there, as a person would: without what a surrounding `npm test` sets. */
function npm(cwd: string, ...words: string[]): string {
  const kept = Object.entries(cleanEnvironment()).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local_prefix|command)/.test(name),
  );
  const ran = spawnSync('npm', words, { cwd, env: Object.fromEntries(kept), encoding: 'utf8' });
  assert.equal(ran.status, 0, `npm ${words.join(' ')}:\n${ran.stderr}\n${ran.error}`);
  return ran.stdout;
}

test('package: what is in it, all that runs and nothing else', (t) => {
  const paths = packed.files.map(({ path }) => path);
  for (const wanted of [
    'bin/parley.js',
    'dist/cli/run.js',
    'dist/receiver/receiver.js',
    'dist/receiver/receiver.d.ts',
    'dist/store/schema.sql',
    'dist/store/migrations/0001_workspaces_and_access.sql',
    'LICENSE',
  ]) {
    assert.ok(paths.includes(wanted), `${wanted} is missing`);
  }
  const strange = paths.filter((path) =>
    /\.test\.|\.fixture\.|\.map$|(?<!\.d)\.ts$|^(src|test)\//.test(path),
  );
  assert.deepEqual(strange, []);
  t.diagnostic(
    `${packed.size} bytes packed, ${packed.unpackedSize} unpacked, ${paths.length} files`,
  );
  assert.ok(packed.size < sizeMaxBytes, `${packed.size} bytes`);
});

test('package: its files, none names the folder it was built in', () => {
  const installed = join(folder, 'node_modules', 'parley');
  const files = readdirSync(installed, { recursive: true, withFileTypes: true });
  const naming = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => readFileSync(path, 'utf8').includes(root));
  assert.deepEqual(naming, []);
});

test('package: the installed command, it answers to --version and --help', () => {
  const command = join(folder, 'node_modules', '.bin', 'parley');
  for (const { node, nodeArguments } of nodesToTry) {
    if (nodeArguments.length > 0) continue;
    const env = { ...cleanEnvironment(), PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
    const run = (word: string) => spawnSync(command, [word], { env, encoding: 'utf8' });
    assert.equal(run('--version').stdout, `${manifest.version}\n`);
    assert.match(run('--help').stdout, /parley serve +Run the server/);
  }
});

for (const [index, node] of nodesToTry.entries()) {
  test(`package: started by ${node.title} in an empty folder, answers, and SIGTERM ends it`, async (t) => {
    const cwd = temporaryFolder('package-run');
    const options = { ...node, launcher, cwd, settings: {} };
    const startMs = performance.now();
    const server = await startServe(options);
    t.diagnostic(`listening after ${Math.round(performance.now() - startMs)} ms, cluster made`);
    assert.match(server.token ?? '', /^parley_/);
    const url = `${server.url}/custom_channel_events/notify_new_conversation`;
    const headers = { authorization: `Bearer ${server.token}` };
    const answer = await request(url, 'POST', eventBody('new_conversation'), headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    if (index === 0) {
      const doctor = await runParley(['doctor'], options);
      assert.equal(doctor.code, 0, doctor.out + doctor.err);
    }
    server.child.kill('SIGTERM');
    const stopMs = await timed(server.exited);
    t.diagnostic(`stopped within ${Math.round(stopMs)} ms`);
    assert.deepEqual(await server.exited, { code: 0, signal: null }, server.printed());
    assert.ok(!readdirSync(join(cwd, '.parley', 'postgresql')).includes('postmaster.pid'));
  });
}
