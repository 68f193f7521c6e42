// Commands on a data folder with an embedded PostgreSQL, with and without a server that runs on it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventBody, request } from '../support/server.ts';
import {
  checkoutLauncher,
  cleanEnvironment,
  type Ran,
  runParley,
  temporaryFolder,
} from './run-parley.ts';
import { startServe, timed } from './serve-process.ts';

const folder = temporaryFolder('data-folder');
const dataDir = join(folder, 'data');
const settings = { PARLEY_DATA_DIR: dataDir };
const postmasterFile = join(dataDir, 'postgresql', 'postmaster.pid');

const parley = (...words: string[]): Promise<Ran> => runParley(words, { settings });

// The order matters: the folder is fresh at first, and later tests build on earlier ones.

test('doctor: makes nothing and reports no failure for a fresh data folder', async () => {
  const ran = await parley('doctor');
  assert.equal(ran.code, 0, ran.out);
  assert.match(ran.out, /ok +data folder .*does not exist yet, can be created in/);
  assert.match(
    ran.out,
    /warn +database +none yet in this data folder\n +→ .*`parley serve` creates one/,
  );
  assert.ok(!existsSync(dataDir));
});

let token = '';

test('token create: starts, uses and stops PostgreSQL when no server runs', async () => {
  const migrated = await parley('migrate');
  assert.equal(migrated.code, 0, migrated.err);
  const made = await parley('token', 'create', '--name', 'before any server', '--json');
  assert.equal(made.code, 0, made.err);
  token = made.json().token;
  assert.ok(!existsSync(postmasterFile), 'PostgreSQL still runs');
});

test('doctor: reports no problem when no server runs', async () => {
  const ran = await parley('doctor');
  assert.equal(ran.code, 0, ran.out);
  assert.match(ran.out, /\n\d+ checks: 0 failed, 0 warnings\.\n$/);
  assert.match(ran.out, /ok +cluster +.*postgresql: PostgreSQL 18, user ".+", not running/);
  assert.match(ran.out, /ok +log of PostgreSQL +.*\.log\n/);
  assert.ok(!existsSync(postmasterFile), 'PostgreSQL still runs');
});

test('commands: use the PostgreSQL of a server that runs on the folder', async () => {
  const server = await startServe({ settings });
  assert.equal(server.token, null, 'a token that nobody sees was made');
  const notify = (bearer: string) =>
    request(
      `${server.url}/custom_channel_events/notify_new_conversation`,
      'POST',
      eventBody('new_conversation'),
      { authorization: `Bearer ${bearer}` },
    );
  assert.equal((await notify(token)).status, 200);
  const [made, doctor, migrated] = await Promise.all([
    parley('token', 'create', '--json'),
    parley('doctor'),
    parley('migrate'),
  ]);
  assert.equal((await notify(made.json().token)).status, 200);
  assert.equal(doctor.code, 0, doctor.out);
  assert.match(doctor.out, /, running as pid \d+\n/);
  assert.equal(migrated.out, 'The schema is up to date.\n');
  assert.equal((await notify(token)).status, 200);
  server.child.kill('SIGTERM');
  await timed(server.exited);
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  assert.ok(!existsSync(postmasterFile), 'PostgreSQL still runs');
});

test('commands: exit with 130 and stop PostgreSQL on Ctrl-C', async () => {
  const child = spawn(process.execPath, [checkoutLauncher, 'token', 'list'], {
    env: cleanEnvironment(settings),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!existsSync(postmasterFile)) await pause(2);
  child.kill('SIGINT');
  assert.equal(await ended, 130);
  assert.equal(said, 'parley: interrupted\n');
  assert.ok(!existsSync(postmasterFile), 'PostgreSQL still runs');
});
