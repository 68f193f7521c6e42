// Channels, callbacks and tokens over the management API: what changes, who may change it, and hostile input.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../../../src/base/random.ts';
import { startReceiver } from '../../../../test/support/callback-receiver.ts';
import { startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';

const { call, notify, database } = await startTestParley();

const roles = ['owner', 'operator'] as const;
const headersOf: Record<string, Record<string, string>> = {};
for (const role of roles) {
  const token = `parley_${role}_token_0123456789`;
  const email = `${role}@acme.example`;
  const [admin] = await database.sql<{ id: number }>(
    'insert into admins (workspace_id, name, email, role) values (1, $1, $2, $1) returning id',
    [role, email],
  );
  await database.sql(
    `insert into access_tokens (workspace_id, admin_id, name, token_hash, token_hint, scopes)
     values (1, $1, $2, decode($3, 'hex'), '6789', '{read,write,manage}')`,
    [admin!.id, role, sha256Hex(token)],
  );
  headersOf[role] = { authorization: `Bearer ${token}` };
}

const as =
  (role: (typeof roles)[number]) =>
  (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
    call(method, `/parley/v1${path}`, body, { ...headersOf[role], ...more });
const owner = as('owner');
const operator = as('operator');

/** Creates a channel. @returns its path. */
async function newChannel(name: string): Promise<string> {
  const { status, body } = await operator('POST', '/channels', { name });
  assert.equal(status, 200, JSON.stringify(body));
  return `/channels/${body.id}`;
}

const audited = async (object: string) =>
  (await owner('GET', `/audit?object=${object}`)).body.data as {
    action: string;
    actor: { token: { name: string } };
    before: unknown;
    after: Record<string, unknown>;
  }[];

test('token: created over the API works at once, and is revoked with an audit entry', async () => {
  const wish = { name: 'ci', channel: 'default', scopes: ['read'] };
  const { body } = await operator('POST', '/tokens', wish);
  assert.match(body.token, /^parley_[\w-]{43}$/);
  assert.equal(body.hint, body.token.slice(-4));
  const mine = { authorization: `Bearer ${body.token}` };
  assert.equal((await call('GET', '/me', undefined, mine)).status, 200);
  assert.equal((await call('POST', '/tags', { name: 'x' }, mine)).status, 403);
  const list = JSON.stringify((await operator('GET', '/tokens')).body);
  assert.ok(!list.includes(body.token));
  const revoked = await operator('DELETE', `/tokens/${body.id}`);
  assert.ok(revoked.body.revoked_at);
  assert.deepEqual((await operator('DELETE', `/tokens/${body.id}`)).body, revoked.body);
  const entries = await audited(`token:${body.id}`);
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['token.revoked', 'token.created'],
  );
  assert.equal(entries[0]!.actor.token.name, 'operator');
  assert.ok(!JSON.stringify(entries).includes(body.token));
});

test('token: a repeat with the same key creates none and shows no token', async () => {
  const key = { 'idempotency-key': 'make-one-token' };
  const wish = { name: 'once', admin: 'OPERATOR@acme.example' };
  const [first, second] = await Promise.all([
    operator('POST', '/tokens', wish, key),
    operator('POST', '/tokens', wish, key),
  ]);
  const third = await operator('POST', '/tokens', wish, key);
  const tokens = [first, second, third].map(({ body }) => body.token);
  assert.equal(tokens.filter((token) => token !== null).length, 1);
  assert.equal(new Set([first, second, third].map(({ body }) => body.id)).size, 1);
  const stored = await database.sql('select * from idempotency_keys, idempotency_effects');
  const shown = tokens.find((token) => token !== null)!;
  assert.ok(!JSON.stringify(stored, (_, value) => toText(value)).includes(shown));
});

const toText = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('utf8') : value);

test('token: an operator can make none with the scope manage for an owner', async () => {
  const scopes = ['read', 'manage'];
  for (const actsFor of [{ admin: 'owner@acme.example' }, { channel: 'default' }]) {
    const wish = { name: 'more', ...actsFor, scopes };
    await database.sql("update admins set role = 'owner' where id = 1");
    assert.equal((await operator('POST', '/tokens', wish)).status, 403);
    assert.equal((await owner('POST', '/tokens', wish)).status, 200);
  }
  const same = { name: 'same', admin: 'operator@acme.example', scopes };
  assert.equal((await operator('POST', '/tokens', same)).status, 200);
});

test('tokens: reject wrong names, owners and scopes', async () => {
  const usual = { name: 'x', channel: 'default' };
  const cases: readonly (readonly [object, number])[] = [
    [{ ...usual, name: '' }, 400],
    [{ ...usual, name: 'x'.repeat(101) }, 400],
    [{ ...usual, name: 'a\u0000b' }, 400],
    [{ ...usual, name: '\ud800' }, 400],
    [{ ...usual, name: 7 }, 422],
    [{ name: 'x' }, 400],
    [{ ...usual, admin: 'owner@acme.example' }, 400],
    [{ ...usual, scopes: [] }, 400],
    [{ ...usual, scopes: ['all'] }, 400],
    [{ ...usual, scopes: Array(5).fill('read') }, 400],
    [{ name: 'x', admin: 'owner@acme.example', scopes: ['events'] }, 400],
    [{ name: 'x', channel: 'a\u0000b' }, 404],
    [{ name: 'x', channel: 'none' }, 404],
    [{ name: 'x', admin: 'none@acme.example' }, 404],
  ];
  for (const [body, status] of cases) {
    assert.equal((await owner('POST', '/tokens', body)).status, status, JSON.stringify(body));
  }
  for (const id of ['999999', '0', 'abc', '9'.repeat(30), '%00', '1e3']) {
    assert.equal((await owner('DELETE', `/tokens/${id}`)).status, 404, id);
  }
});

test('channel: is created once by concurrent requests, and found by its name', async () => {
  const made = await Promise.all(
    Array.from({ length: 5 }, () => operator('POST', '/channels', { name: 'kiosk 💬/%' })),
  );
  assert.deepEqual(made.map(({ status }) => status).sort(), [200, 409, 409, 409, 409]);
  const found = await operator('GET', `/channels?name=${encodeURIComponent('kiosk 💬/%')}`);
  assert.equal(found.body.data.length, 1);
  assert.equal(found.body.data[0].callback, null);
});

test('channel: an update changes the named switches at once, with one audit entry', async () => {
  const path = await newChannel('switched');
  const change = { auto_create_conversation: true, time_zone: 'Europe/Berlin' };
  const { body } = await operator('PUT', path, { ...change, buttons: null });
  assert.partialDeepStrictEqual(body, { ...change, buttons: true, enabled: true });
  await operator('PUT', path, change);
  const none = await operator('PUT', path, { time_zone: null });
  assert.equal(none.body.time_zone, null);
  const entries = await audited(`channel:${body.id}`);
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['channel.updated', 'channel.updated', 'channel.created'],
  );
  assert.deepEqual(entries[1]!.after, change);
});

test('channels: reject wrong names, switches and ids', async () => {
  const path = await newChannel('rejecting');
  const bodies: readonly (readonly [object, number])[] = [
    [{ enabled: 'yes' }, 422],
    [{ unknown_attribute: 'keep' }, 400],
    [{ time_zone: 'Mars/Olympus' }, 400],
    [{ time_zone: '\u0000' }, 400],
    [{ allowed_origins: ['*'] }, 400],
    [{ allowed_origins: Array(51).fill('https://a.example') }, 400],
    [{ allowed_origins: [7] }, 422],
    [{ colour: 'red' }, 400],
  ];
  for (const [body, status] of bodies) {
    assert.equal((await operator('PUT', path, body)).status, status, JSON.stringify(body));
  }
  for (const name of ['', ' padded', 'x'.repeat(101), 'two\nlines', '\ud800']) {
    assert.equal((await operator('POST', '/channels', { name })).status, 400, name);
  }
  for (const id of ['999999', 'abc', '9'.repeat(30), '%00']) {
    assert.equal((await operator('GET', `/channels/${id}`)).status, 404, id);
    assert.equal((await operator('PUT', `/channels/${id}`, {})).status, 404, id);
    assert.equal((await operator('POST', `/channels/${id}/ping`)).status, 404, id);
    assert.equal((await operator('POST', `/channels/${id}/rotate_secret`)).status, 404, id);
  }
  assert.deepEqual((await operator('GET', '/channels?name=%00')).body.data, []);
});

test('callback: is set, pinged, disabled, enabled and removed', async () => {
  const receiver = await startReceiver();
  const path = await newChannel('called');
  const body = { url: receiver.url, allow_cidrs: ['127.0.0.0/8'], timeout: '5s' };
  const set = await owner('PUT', `${path}/callback`, body);
  assert.equal(set.status, 200, JSON.stringify(set.body));
  assert.match(set.body.secret, /^whsec_/);
  assert.partialDeepStrictEqual(set.body.callback, {
    ...body,
    state: 'healthy',
    token_header: null,
  });
  const again = await owner('PUT', `${path}/callback`, body);
  assert.equal(again.body.secret, null);
  const ping = await operator('POST', `${path}/ping`);
  assert.partialDeepStrictEqual(ping.body, { status: 200, reason: null, url: receiver.url });
  const disabled = await operator('POST', `${path}/callback/disable`);
  assert.equal(disabled.body.callback.state, 'disabled');
  assert.equal(
    (await operator('POST', `${path}/ping`)).body.disabled_reason,
    'an operator disabled it',
  );
  const enabled = await operator('POST', `${path}/callback/enable`);
  assert.equal(enabled.body.callback.state, 'healthy');
  const removed = await operator('DELETE', `${path}/callback`);
  assert.equal(removed.body.callback, null);
  for (const [method, below] of [
    ['DELETE', 'callback'],
    ['POST', 'callback/disable'],
    ['POST', 'callback/enable'],
    ['POST', 'ping'],
  ] as const) {
    assert.equal(
      (await operator(method, `${path}/${below}`)).body.errors[0].code,
      'callback_not_found',
    );
  }
});

test('callback: its token is kept, replaced or removed, and never shown', async () => {
  const path = await newChannel('with a token');
  const url = 'https://app.example/events';
  const token = { header: 'X-Shop-Token', value: 'very-secret-value' };
  const header = async (more: object) => {
    const { body } = await owner('PUT', `${path}/callback`, { url, ...more });
    assert.ok(!JSON.stringify(body).includes('very-secret'));
    return body.callback.token_header;
  };
  assert.equal(await header({ token }), 'X-Shop-Token');
  assert.equal(await header({}), 'X-Shop-Token');
  assert.equal(await header({ token: null }), null);
  const audit = JSON.stringify((await owner('GET', '/audit?per_page=150')).body);
  assert.ok(!audit.includes('very-secret'));
});

test('callback: an operator may not open private networks, an owner may', async () => {
  const path = await newChannel('private');
  const body = { url: 'http://10.0.0.1/', allow_cidrs: ['10.0.0.0/8'] };
  const rejected = await operator('PUT', `${path}/callback`, body);
  assert.equal(rejected.status, 403);
  assert.equal((await owner('PUT', `${path}/callback`, body)).status, 200);
  const kept = await operator('PUT', `${path}/callback`, { ...body, timeout: '2s' });
  assert.equal(kept.status, 200);
});

test('callbacks: reject wrong settings, each with its field', async () => {
  const path = await newChannel('wrong');
  const url = 'https://app.example/events';
  const cases: readonly (readonly [object, number, string])[] = [
    [{}, 400, 'url'],
    [{ url: 7 }, 422, 'url'],
    [{ url: 'ftp://x' }, 400, 'url'],
    [{ url: 'https://me:word@x' }, 400, 'url'],
    [{ url: `https://x/${'a'.repeat(3_000)}` }, 400, 'url'],
    [{ url: 'https://x/\u0000' }, 400, 'url'],
    [{ url, timeout: '1h' }, 400, 'timeout'],
    [{ url, retries: Array(51).fill('1s') }, 400, 'retries'],
    [{ url, retries: ['soon'] }, 400, 'retries.0'],
    [{ url, allow_cidrs: ['everything'] }, 400, 'allow_cidrs.0'],
    [{ url, token: { header: 'Host', value: 'x' } }, 400, 'token.header'],
    [{ url, token: { header: 'X-A', value: 'two\nlines' } }, 400, 'token.value'],
    [{ url, colour: 'red' }, 400, 'colour'],
  ];
  for (const [body, status, field] of cases) {
    const response = await owner('PUT', `${path}/callback`, body);
    assert.equal(response.status, status, JSON.stringify(body));
    assert.equal(response.body.errors[0].field, field, JSON.stringify(response.body));
  }
});

test('secret: is rotated with an overlap; a repeat with the same key shows none', async () => {
  const path = await newChannel('rotated');
  const first = await operator('POST', `${path}/rotate_secret`);
  assert.match(first.body.secret, /^whsec_/);
  assert.equal(first.body.previous_secret_until, null);
  const key = { 'idempotency-key': 'rotate-once' };
  const second = await operator('POST', `${path}/rotate_secret`, { overlap: '1h' }, key);
  assert.ok(Date.parse(second.body.previous_secret_until) > Date.now() + 3_000_000);
  const repeat = await operator('POST', `${path}/rotate_secret`, { overlap: '1h' }, key);
  assert.deepEqual(repeat.body, { ...second.body, secret: null });
  for (const overlap of ['91d', 'soon', '', '-1s']) {
    assert.equal((await operator('POST', `${path}/rotate_secret`, { overlap })).status, 400);
  }
  assert.equal((await operator('POST', `${path}/rotate_secret`, { overlap: 7 })).status, 422);
});

test('callback: gets events from then on, and they wait while it is disabled', async () => {
  const receiver = await startReceiver();
  const settings = { url: receiver.url, allow_cidrs: ['127.0.0.0/8'] };
  assert.equal((await owner('PUT', '/channels/1/callback', settings)).status, 200);
  const { body } = await notify('new_conversation', { external_conversation_id: 'early' });
  const reply = { message_type: 'comment', type: 'admin', admin_id: 1, body: 'Hello' };
  const say = () => call('POST', `/conversations/${body.conversation_id}/reply`, reply);
  assert.equal((await say()).status, 200);
  await receiver.until('the first event', () => receiver.of('early').length > 0);
  await operator('POST', '/channels/1/callback/disable');
  const waiting = async () => (await operator('GET', '/channels/1')).body.callback.waiting.events;
  // The workers notice within two seconds; until then they deliver.
  await until('an event that waits', async () => {
    await say();
    return (await waiting()) > 0;
  });
  const before = receiver.received.length;
  await operator('POST', '/channels/1/callback/enable');
  await receiver.until('the event that waited', () => receiver.received.length > before);
});
