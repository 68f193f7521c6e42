// The two tokens of the environment: PARLEY_BOOTSTRAP_TOKEN, which the server installs, and PARLEY_TOKEN, which belongs
// to an app and is never installed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../support/postgres.ts';
import { launchParley, startParley } from '../support/process.ts';

const appToken = 'parley_token_of_an_app_7351';
const secretKey = { PARLEY_SECRET_KEY: 'parley_test_secret_key_0123456789abcdef' };

const statusOf = async (url: string, token: string): Promise<number> =>
  (await fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })).status;

test('bootstrap token: is installed, and PARLEY_TOKEN beside it is left alone', async () => {
  const database = await openTestDatabase();
  const { parley, url } = await startParley({
    settings: { ...secretKey, PARLEY_DATABASE_URL: database.url, PARLEY_TOKEN: appToken },
  });
  assert.equal(await statusOf(url, 'parley_test_token_0123456789'), 200);
  assert.equal(await statusOf(url, appToken), 401);
  await parley.stop();
});

test('PARLEY_TOKEN: server does not start with one that is invalid', async () => {
  const database = await openTestDatabase();
  const settings = { ...secretKey, PARLEY_DATABASE_URL: database.url, PARLEY_TOKEN: appToken };
  const parley = launchParley({ settings: { ...settings, PARLEY_BOOTSTRAP_TOKEN: '' } });
  assert.equal((await parley.exited).code, 1);
  assert.match(
    parley.log,
    /PARLEY_TOKEN is set, and no channel .* set PARLEY_BOOTSTRAP_TOKEN to it/,
  );
  assert.ok(!parley.log.includes(appToken));
  assert.deepEqual(await database.sql('select * from access_tokens'), []);
});

test('PARLEY_TOKEN: server starts with one that it has issued to an app', async () => {
  const database = await openTestDatabase();
  const settings = { ...secretKey, PARLEY_DATABASE_URL: database.url };
  const first = await startParley({ settings: { ...settings, PARLEY_BOOTSTRAP_TOKEN: appToken } });
  await first.parley.stop();
  const beside = { ...settings, PARLEY_BOOTSTRAP_TOKEN: '', PARLEY_TOKEN: appToken };
  const second = await startParley({ settings: beside });
  assert.equal(await statusOf(second.url, appToken), 200);
  await second.parley.stop();
  await database.sql('update access_tokens set revoked_at = now()');
  const third = launchParley({ settings: beside });
  assert.equal((await third.exited).code, 1, 'a revoked token is none that is accepted');
});
