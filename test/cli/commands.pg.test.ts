// The commands for workspaces, channels and tokens, beside a server on the same database.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadCommands } from '../../src/cli/commands.ts';
import { CommandFailed } from '../../src/cli/kit/command.ts';
import { runCommand } from '../../src/cli/kit/run-command.ts';
import { openTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { eventBody, request, startTestParley, type TestParley } from '../support/server.ts';
import { type Ran, runParley } from './run-parley.ts';

const commands = await loadCommands();

let database: TestDatabase;
let server: TestParley;

before(async () => {
  database = await openTestDatabase();
  server = await startTestParley({}, database);
});

const parley = (...words: string[]): Promise<Ran> =>
  runParley(words, { settings: { PARLEY_DATABASE_URL: database.url } });

/** Runs a command and expects it to succeed. */
async function done(...words: string[]): Promise<Ran> {
  const ran = await parley(...words);
  assert.equal(ran.code, 0, ran.err);
  return ran;
}

/** Runs an invalid call in this process: it fails before anything is opened. */
async function expectError(code: number, message: RegExp, ...words: string[]): Promise<void> {
  if (code === 2) {
    await assert.rejects(runCommand(commands, words), (error: Error) => {
      assert.ok(error instanceof CommandFailed);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      return true;
    });
    return;
  }
  const ran = await parley(...words);
  assert.equal(ran.code, code, ran.err);
  assert.match(ran.err, message);
  assert.doesNotMatch(ran.err, /\n {4}at |Error:/);
  assert.equal(ran.out, '');
}

/** Sends a new conversation with this token. @returns the response of the server. */
async function notify(token: string): Promise<{ status: number; message: string | undefined }> {
  const url = `${server.url}/custom_channel_events/notify_new_conversation`;
  const headers = { authorization: `Bearer ${token}` };
  const { status, body } = await request(url, 'POST', eventBody('new_conversation'), headers);
  return { status, message: body.errors?.[0].message };
}

/** What running servers cache is at most two seconds old. */
async function comesTrue(check: () => Promise<boolean>): Promise<void> {
  for (let round = 0; !(await check()); round += 1) {
    assert.ok(round < 50, 'did not come true within 5 s');
    await pause(100);
  }
}

const statusOf = async (token: string) => (await notify(token)).status;

test('token create: prints a token once, and it works at once at a running server', async () => {
  const made = (await done('token', 'create', '--json')).json();
  const { out } = await done('token', 'create', '--name', 'night shift');
  const token = /parley_[\w-]{43}/.exec(out)?.[0];
  assert.ok(token, out);
  assert.equal(await statusOf(token), 200);
  const list = await done('token', 'list');
  assert.match(
    list.out,
    /^ID +TOKEN +WORKSPACE +ACTS FOR +SCOPES +NAME +CREATED +LAST USED +STATE\n/,
  );
  assert.match(
    list.out,
    new RegExp(`…${token.slice(-4)} .*default +default +events read write +night shift .* active`),
  );
  assert.ok(!list.out.includes(token) && !list.out.includes(made.token));
});

test('token revoke: stops a token at a running server and keeps it in the list', async () => {
  const { id, token } = (await done('token', 'create', '--json')).json();
  assert.equal(await statusOf(token), 200);
  assert.match((await done('token', 'revoke', String(id))).out, /^Revoked token/);
  await comesTrue(async () => (await statusOf(token)) === 401);
  const again = (await done('token', 'revoke', String(id), '--json')).json();
  const listed = (await done('token', 'list', '--json')).json();
  const entry = listed.find((one: { id: number }) => one.id === id);
  assert.equal(entry.hint, token.slice(-4));
  assert.deepEqual(entry, again);
  assert.match(entry.revoked_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('token revoke: rejects an unknown or invalid id', async () => {
  await expectError(
    1,
    /has no such token: `parley token list` shows all/,
    'token',
    'revoke',
    '999999',
  );
  await expectError(2, /"abc" is not a token id/, 'token', 'revoke', 'abc');
  await expectError(2, /<id> is missing\nSee: parley token revoke --help/, 'token', 'revoke');
  await expectError(2, /unexpected argument '2'/, 'token', 'revoke', '1', '2');
});

test('token create: --admin and --scope limit what the token may do', async () => {
  const [admin] = (await done('token', 'list', '--json')).json();
  const args = ['--admin', admin.admin.toUpperCase(), '--scope', 'manage', '--scope', 'read'];
  const made = (await done('token', 'create', ...args, '--json')).json();
  assert.deepEqual(made.scopes, ['read', 'manage']);
  assert.deepEqual([made.channel, made.admin], [null, admin.admin]);
  assert.equal(await statusOf(made.token), 403);
  const { out } = await done('token', 'list');
  assert.match(out, new RegExp(`default +${admin.admin} +read manage +command line`));
});

test('token create: rejects an unknown admin or scope, and events without a channel', async () => {
  const create = ['token', 'create'];
  await expectError(1, /has no admin "x@y"/, ...create, '--admin', 'x@y');
  await expectError(
    2,
    /--scope must be events, read, write, manage, not "all"/,
    ...create,
    '--scope',
    'all',
  );
  await expectError(2, /events needs a channel/, ...create, '--admin', 'x@y', '--scope', 'events');
  await expectError(2, /not for both/, ...create, '--admin', 'x@y', '--channel', 'default');
});

test('token create: rejects an unknown workspace or channel', async () => {
  await expectError(1, /no workspace "nowhere"/, 'token', 'create', '--workspace', 'nowhere');
  await expectError(
    1,
    /has no channel "none": `parley channel list` shows all/,
    ...['token', 'create', '--channel', 'none'],
  );
});

test('workspace create: makes a workspace with an admin, a channel and no other data', async () => {
  const admin = ['--admin-name', 'Jane Doe', '--admin-email', 'jane@acme.example'];
  const made = (await done('workspace', 'create', 'acme', ...admin, '--json')).json();
  assert.equal(made.channel, 'default');
  const { token } = (await done('token', 'create', '--workspace', 'acme', '--json')).json();
  const headers = { authorization: `Bearer ${token}` };
  const me = await request(`${server.url}/me`, 'GET', undefined, headers);
  assert.equal(me.body.name, 'Jane Doe');
  assert.equal(me.body.email, 'jane@acme.example');
  assert.match((await done('workspace', 'list')).out, /\n\d+ +default .*\n\d+ +acme +\d{4}-/);
  await expectError(1, /a workspace "acme" already exists/, 'workspace', 'create', 'acme');
});

test('workspace create: adds an admin without an address when none is given', async () => {
  const { out } = await done('workspace', 'create', "Ünï & 'Co'");
  assert.match(out, /with admin Admin <admin@u-ni-co\.invalid>/);
  assert.match(out, /parley token create --workspace 'Ünï & '\\''Co'\\'''/);
});

test('names: are rejected when empty, too long, or with control characters or spaces', async () => {
  const before = (await done('workspace', 'list', '--json')).json().length;
  await expectError(2, /must have 1 to 100 characters/, 'workspace', 'create', '');
  await expectError(2, /must have 1 to 100 characters/, 'workspace', 'create', 'x'.repeat(101));
  await expectError(2, /control characters/, 'channel', 'create', 'two\nlines');
  await expectError(2, /control characters/, 'token', 'create', '--name', 'bell\u0007');
  await expectError(2, /begin or end with a space/, 'channel', 'create', ' padded');
  const address = ['--admin-email', 'nobody'];
  await expectError(2, /--admin-email must be an address/, 'workspace', 'create', 'x', ...address);
  assert.equal((await done('workspace', 'list', '--json')).json().length, before);
  await done('workspace', 'create', '💬'.repeat(100));
});

test('channel create: sets its switches, shows them, and the server applies them', async () => {
  const on = ['--auto-create-conversation', 'on', '--strict-version', 'on'];
  const other = ['--require-user-identity', 'off', '--unknown-attribute', 'reject'];
  const place = ['--buttons', 'off', '--time-zone', 'Europe/Berlin'];
  const made = (
    await done('channel', 'create', 'kiosk', ...on, ...other, ...place, '--json')
  ).json();
  const expected = {
    workspace: 'default',
    name: 'kiosk',
    enabled: true,
    auto_create_conversation: true,
    require_user_identity: false,
    unknown_attribute: 'reject',
    strict_version: true,
    buttons: false,
    time_zone: 'Europe/Berlin',
  };
  assert.partialDeepStrictEqual(made, expected);
  const listed = (await done('channel', 'list', '--json')).json();
  assert.partialDeepStrictEqual(
    listed.find(({ name }: { name: string }) => name === 'kiosk'),
    expected,
  );
  const { token } = (await done('token', 'create', '--channel', 'kiosk', '--json')).json();
  const url = `${server.url}/custom_channel_events/notify_new_message`;
  const nameless = { type: 'user', external_id: 'nobody_knows' };
  const response = await request(url, 'POST', eventBody('new_message', { contact: nameless }), {
    authorization: `Bearer ${token}`,
  });
  assert.equal(response.status, 200, JSON.stringify(response.body));
  await expectError(1, /already has a channel "kiosk"/, 'channel', 'create', 'kiosk');
});

test('channel update: changes only the named switches, also in running servers', async () => {
  await done('channel', 'create', 'app', '--strict-version', 'on');
  const { token } = (await done('token', 'create', '--channel', 'app', '--json')).json();
  assert.equal(await statusOf(token), 200);
  const { out } = await done('channel', 'update', 'app', '--disabled');
  assert.match(out, /\n {2}enabled +off\n(?:.*\n)* {2}strict_version +on\n/);
  await comesTrue(async () => (await notify(token)).message === 'Integration not found');
  await done('channel', 'update', 'app', '--enabled');
  await comesTrue(async () => (await statusOf(token)) === 200);
});

test('channel update: rejects no switch, a wrong one, or two that exclude each other', async () => {
  await expectError(2, /nothing to change: name a switch/, 'channel', 'update', 'default');
  const update = ['channel', 'update', 'default'];
  await expectError(2, /must be on or off, not "yes"/, ...update, '--strict-version', 'yes');
  await expectError(
    2,
    /must be record or reject, not "on"/,
    ...update,
    '--unknown-attribute',
    'on',
  );
  await expectError(2, /--enabled or --disabled, not both/, ...update, '--enabled', '--disabled');
  await expectError(2, /Unknown option '--colour'/, ...update, '--colour', 'red');
  await expectError(1, /has no channel "none"/, 'channel', 'update', 'none', '--enabled');
});

test('audit: shows what the commands changed, from what to what, and no secret', async () => {
  await done('channel', 'create', 'audited');
  await done('channel', 'update', 'audited', '--strict-version', 'on');
  await done('channel', 'update', 'audited', '--strict-version', 'on');
  const { token, id } = (await done('token', 'create', '--channel', 'audited', '--json')).json();
  await done('token', 'revoke', String(id));
  await done('token', 'revoke', String(id));
  const shown = await done('audit', '--actor', 'command_line', '--limit', '4', '--json');
  assert.ok(!shown.out.includes(token));
  type Entry = { action: string; source: string; before: unknown; after: unknown };
  const entries: Entry[] = shown.json();
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['token.revoked', 'token.created', 'channel.updated', 'channel.created'],
  );
  assert.ok(entries.every(({ source }) => source === 'cli'));
  const { before, after } = entries[2]!;
  assert.deepEqual([before, after], [{ strict_version: false }, { strict_version: true }]);
  const { out } = await done('audit', '--action', 'channel.updated', '--limit', '1');
  assert.match(
    out,
    /command line +cli +channel.updated +channel \d+ +strict_version: false → true/,
  );
  assert.match((await done('audit', '--object', 'no_such_type')).out, /^No entries\.$/m);
});

test('audit: rejects a wrong time, limit or token', async () => {
  await expectError(2, /--since must be a time/, 'audit', '--since', 'yesterday');
  await expectError(2, /--limit must be a whole number/, 'audit', '--limit', '0');
  await expectError(2, /token by its number/, 'audit', '--actor', 'token:abc');
});

test('admin: invite, list, reset, disable and enable a teammate at a running server', async () => {
  const email = 'anna@acme.example';
  const made = (await done('admin', 'invite', email, '--role', 'operator', '--json')).json();
  const code = /^http:\/\/localhost:\d+\/app\/invite\/([\w-]{43})$/.exec(made.url)![1];
  const use = (given: object) =>
    fetch(`${server.url}/parley/v1/app/links/use`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ password: 'correct horse 42', ...given }),
    });
  assert.equal((await use({ code, name: 'Anna' })).status, 200);
  const list = (await done('admin', 'list')).out;
  assert.match(list, /^ID +E-MAIL +NAME +ROLE +SIGN-IN\n/);
  assert.match(list, /anna@acme\.example +Anna +operator +password/);
  await expectError(1, /has a password already: .*admin reset/, 'admin', 'invite', email);
  const { out } = await done('admin', 'reset', email.toUpperCase());
  assert.match(
    out,
    /^Link {2}http.*\/app\/reset\/[\w-]{43}\n {6}shown only now; valid once, until /,
  );
  assert.match((await done('admin', 'disable', email)).out, /^Disabled Anna\./);
  const reset = /\/app\/reset\/([\w-]{43})/.exec(out)![1];
  assert.equal((await use({ code: reset })).status, 404);
  assert.match((await done('admin', 'list')).out, /anna@acme\.example .* disabled 20/);
  assert.match((await done('admin', 'enable', email)).out, /^Enabled Anna\./);
  await expectError(1, /no teammate "x@y\.z"/, 'admin', 'reset', 'x@y.z');
  await expectError(2, /"x" is not an e-mail address/, 'admin', 'disable', 'x');
  const [owner] = (await done('admin', 'list', '--json')).json();
  assert.equal(owner.role, 'owner');
  await expectError(1, /is the only owner/, 'admin', 'disable', owner.email);
});
