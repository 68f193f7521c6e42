// `channel list` and `doctor` show a callback that a 410 disabled, and what to do about it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTestDatabase } from '../support/postgres.ts';
import { SECRET_KEY } from '../support/server.ts';
import { type Ran, runParley, temporaryFolder } from './run-parley.ts';

const database = await openTestDatabase();
const folder = temporaryFolder('disabled-callback');
const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };
const parley = async (...words: string[]): Promise<Ran> => {
  const ran = await runParley(words, { settings, cwd: folder });
  assert.equal(ran.code, 0, ran.err);
  return ran;
};
const callbacksCheck = async () => {
  // Not its exit code: doctor also warns about the test PostgreSQL, which runs without fsync.
  const { checks } = (await runParley(['doctor', '--json'], { settings })).json();
  return checks.find(({ name }: { name: string }) => name === 'callbacks');
};
const callbacks = async () => {
  const channels = (await parley('channel', 'list', '--json')).json();
  return channels.map(({ name, callback }: { name: string; callback: unknown }) => [
    name,
    callback,
  ]);
};

test('channel list, doctor: show when and why a callback was disabled, and what to do', async () => {
  const channel = { name: 'mobile-app', callback: { url: 'https://app.acme.example/events' } };
  writeFileSync(join(folder, 'parley.yaml'), JSON.stringify({ channels: [channel] }));
  // Creates the default workspace and channel, as a start of the server does.
  await parley('token', 'create');
  await parley('apply');
  const called = { state: 'healthy', disabled_at: null, disabled_reason: null, advice: null };
  const [first, second] = await callbacks();
  assert.deepEqual(first, ['default', null]);
  assert.partialDeepStrictEqual(second, ['mobile-app', called]);
  const well = await callbacksCheck();
  assert.deepEqual(
    [well.status, well.message],
    ['ok', '1 configured, none is disabled, failing or locked'],
  );

  await database.sql(
    `update channel_callbacks set disabled_at = '2026-11-18T12:00:00Z', disabled_reason = 'status 410'
     where url is not null`,
  );
  const disabled = { disabled_at: '2026-11-18T12:00:00Z', disabled_reason: 'status 410' };
  const [none, mobileApp] = await callbacks();
  assert.deepEqual(none, ['default', null]);
  assert.partialDeepStrictEqual(mobileApp, ['mobile-app', disabled]);
  assert.match(mobileApp[1].advice, /`parley apply` .* enables it/);
  const { out } = await parley('channel', 'list');
  assert.match(out, / CALLBACK\n.* default .* none\n.* mobile-app .* disabled\n/);
  assert.match(
    out,
    /"mobile-app" in workspace "default" has been disabled since 2026-11-18T12:00:00Z \(status 410\)/,
  );
  assert.match(out, /`parley apply` .* enables it/);
  const ill = await callbacksCheck();
  assert.equal(ill.status, 'warn');
  assert.match(ill.message, /"mobile-app" .* since 2026-11-18T12:00:00Z \(status 410\)/);
  assert.match(ill.todo, /`parley apply`/);

  await parley('apply');
  assert.partialDeepStrictEqual((await callbacks())[1], ['mobile-app', called]);
});
