// A secret key that is missing or does not fit the database: the start and all commands report it, nothing is sealed
// with it, and nothing is lost once the right key is back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startReceiver } from '../support/callback-receiver.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { eventBody, request } from '../support/server.ts';
import { checkoutLauncher, cleanEnvironment, runParley, temporaryFolder } from './run-parley.ts';
import { type Serving, startServe } from './serve-process.ts';

const receiver = await startReceiver();
const setup = (token: string) =>
  JSON.stringify({
    channels: [
      {
        name: 'default',
        callback: {
          url: receiver.url,
          allow_cidrs: ['127.0.0.0/8'],
          token: { header: 'X-Token', value: token },
        },
      },
    ],
    secrets: { orders_key: 'sesame' },
  });

type Settings = Readonly<Record<string, string>>;

async function stop({ child, exited }: Serving): Promise<void> {
  child.kill('SIGTERM');
  await exited;
}

/** Creates a conversation with one reply to deliver to the app. @returns the id of the event. */
async function createWaitingReply(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const notify = `${url}/custom_channel_events/notify_new_conversation`;
  const { body } = await request(notify, 'POST', eventBody('new_conversation'), headers);
  const id = body.conversation_id;
  const said = { message_type: 'comment', type: 'admin', admin_id: '1', body: 'Hello' };
  assert.equal(
    (await request(`${url}/conversations/${id}/reply`, 'POST', said, headers)).status,
    200,
  );
  const events = await request(
    `${url}/parley/v1/events?conversation_id=${id}&wait=10`,
    'GET',
    undefined,
    headers,
  );
  return events.body.data[0].event_id;
}

/** Checks what an operator sees while no secret can be opened. */
async function looksLocked(serving: Serving, settings: Settings, eventId: string): Promise<void> {
  const started = serving.printed();
  for (const what of [
    'channel \\\\"default\\\\" of workspace \\\\"default\\\\": the secret that callbacks are signed with',
    'channel \\\\"default\\\\" of workspace \\\\"default\\\\": the token of the callback',
    'workspace \\\\"default\\\\": the secret \\\\"orders_key\\\\"',
  ]) {
    assert.match(started, new RegExp(what.replaceAll('"', '"')), what);
  }
  assert.match(started, /"level":"error".*secrets\.do_not_open/);
  const doctor = (await runParley(['doctor', '--json'], { settings })).json();
  const checks = Object.fromEntries(
    doctor.checks.map((check: { name: string }) => [check.name, check]),
  );
  assert.equal(doctor.ok, false);
  assert.equal(checks['secret key'].status, 'fail');
  assert.match(checks['secret key'].message, /3 of 3 sealed values cannot be opened/);
  assert.match(checks['secret key'].message, /the secret "orders_key"/);
  assert.equal(checks['callbacks'].status, 'fail');
  const [channel] = (await runParley(['channel', 'list', '--json'], { settings })).json();
  assert.equal(channel.callback.state, 'locked');
  assert.equal(channel.callback.waiting.events, 1);
  const list = await runParley(['channel', 'list'], { settings });
  assert.match(list.out, / locked\n/);
  assert.match(
    list.out,
    /is not called, because the secret .* cannot be opened: 1 event in 1 conv/,
  );
  const attempts = (
    await runParley(['events', 'attempts', eventId, '--json'], { settings })
  ).json();
  assert.equal(attempts.at(-1).outcome, 'waiting');
  assert.match(attempts.at(-1).detail, /cannot be opened/);
  const { body } = await request(`${serving.url}/metrics`, 'GET', undefined, {});
  assert.match(body, /parley_sealed_values_unreadable\{kind="callback_secret"\} 1\n/);
  assert.match(body, /parley_sealed_values_unreadable\{kind="named_secret"\} 1\n/);
  assert.match(
    body,
    /parley_callback_state\{workspace="default",channel="default",state="locked"\} 1/,
  );
}

/** Checks that nothing is sealed with a key that opens nothing. */
async function sealsNothing(settings: Settings, folder: string): Promise<void> {
  writeFileSync(join(folder, 'other.yaml'), setup('another'));
  for (const words of [
    ['apply', '-f', join(folder, 'other.yaml')],
    ['channel', 'rotate-secret', 'default'],
    ['channel', 'ping', 'default'],
  ]) {
    const ran = await runParley(words, { settings });
    assert.equal(ran.code, 1, `${words}: ${ran.out}`);
    assert.match(ran.err, /--new-key/, `${words}`);
  }
}

test('secret.key missing: start says what cannot be opened, and deliveries wait', async () => {
  const folder = temporaryFolder('lost-key');
  const settings = { PARLEY_DATA_DIR: join(folder, 'data') };
  const key = join(folder, 'data', 'secret.key');
  writeFileSync(join(folder, 'parley.yaml'), setup('sesame'));
  const first = await startServe({ settings });
  const token = first.token!;
  const applied = await runParley(['apply'], { settings, cwd: folder });
  assert.equal(applied.code, 0, applied.err);
  await stop(first);
  renameSync(key, `${key}.kept`);

  const second = await startServe({ settings });
  const eventId = await createWaitingReply(second.url, token);
  await looksLocked(second, settings, eventId);
  await sealsNothing(settings, folder);
  const dryRun = await runParley(['apply', '--dry-run'], { settings, cwd: folder });
  assert.equal(dryRun.code, 1);
  assert.ok(!existsSync(key), 'no other key was made');
  await stop(second);
  assert.ok(!existsSync(key), 'no other key was made');
  assert.equal(receiver.received.length, 0);

  renameSync(`${key}.kept`, key);
  const third = await startServe({ settings });
  assert.doesNotMatch(third.printed(), /do_not_open/);
  await receiver.until('it has arrived', () => receiver.received.length === 1);
  assert.equal(receiver.received[0]!.headers['x-token'], 'sesame');
  assert.equal(receiver.received[0]!.event.event_id, eventId);
  await stop(third);

  // The old key is lost for good: every secret is made anew.
  renameSync(key, `${key}.lost`);
  const rotated = await runParley(['channel', 'rotate-secret', 'default', '--new-key'], {
    settings,
  });
  assert.equal(rotated.code, 0, rotated.err);
  assert.ok(existsSync(key));
  const again = await runParley(['apply'], { settings, cwd: folder });
  assert.equal(again.code, 0, again.err);
  const doctor = (await runParley(['doctor', '--json'], { settings })).json();
  const check = doctor.checks.find(({ name }: { name: string }) => name === 'secret key');
  assert.deepEqual([check.status, check.message], ['ok', 'secret.key opens all 3 sealed values']);
});

test('PARLEY_SECRET_KEY wrong: start says so, and nothing is lost with the right one', async () => {
  const folder = temporaryFolder('wrong-key');
  const database = await openTestDatabase();
  const right = {
    PARLEY_DATABASE_URL: database.url,
    PARLEY_SECRET_KEY: 'the_right_key_of_this_test_4f1c7a29e3b8',
  };
  const wrong = { ...right, PARLEY_SECRET_KEY: 'a_wrong_key_of_this_test_90d6be5f2c17a4' };
  writeFileSync(join(folder, 'parley.yaml'), setup('sesame'));
  const applied = await runParley(['apply'], { settings: right, cwd: folder });
  assert.equal(applied.code, 0, applied.err);
  const before = await database.sql('select * from channel_callbacks');

  const serving = await startServe({ settings: wrong });
  const eventId = await createWaitingReply(serving.url, serving.token!);
  await looksLocked(serving, wrong, eventId);
  await sealsNothing(wrong, folder);
  await stop(serving);
  assert.deepEqual(await database.sql('select * from channel_callbacks'), before);
  await assert.rejects(
    startServe({ settings: { ...wrong, PARLEY_CONFIG: join(folder, 'other.yaml') } }),
    /is not the key of this database/,
  );
  assert.deepEqual(await database.sql('select * from channel_callbacks'), before);

  const count = receiver.received.length;
  const mended = await startServe({ settings: right });
  await receiver.until('it has arrived', () => receiver.received.length === count + 1);
  await stop(mended);
});

test('no key for an external database: start and doctor say what to do', async (t) => {
  const database = await openTestDatabase();
  const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_PORT: '0' };
  const child = spawn(process.execPath, [checkoutLauncher, 'serve'], {
    env: cleanEnvironment({ ...settings, PARLEY_LOG_LEVEL: 'error', PARLEY_DRAIN_SECONDS: '0' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGTERM'));
  const exited = new Promise((resolve) => child.once('close', resolve));
  let printed = '';
  const greeted = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      // The first lines are printed at once.
      if (printed.includes('Press Ctrl-C to stop')) resolve();
    });
  });
  await Promise.race([greeted, exited]);
  assert.match(printed, /there is no secret key, so callbacks and secrets cannot be configured/);
  assert.match(printed, /set PARLEY_SECRET_KEY to a long random text/);
  const doctor = (await runParley(['doctor', '--json'], { settings })).json();
  const check = doctor.checks.find(({ name }: { name: string }) => name === 'secret key');
  assert.equal(check.status, 'warn');
  assert.match(check.todo, /set PARLEY_SECRET_KEY to a long random text/);
  child.kill('SIGTERM');
  await exited;
});
