// Contract row 52: the Idempotency-Key header makes every change safe to repeat that has no event_id.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { sha256Hex } from '../../src/base/random.ts';
import { openPool } from '../../src/database/pool.ts';
import { routes } from '../../src/http/routes.ts';
import { takesIdempotencyKey } from '../../src/http/server/idempotency-key.ts';
import { removeOldKeys } from '../../src/store/idempotency/keys.ts';
import { afterAll } from '../support/after-all.ts';
import { readIsolation, type Victim } from '../support/isolation.ts';
import { RawClient } from '../support/raw-client.ts';
import {
  type ApiResponse,
  addWorkspace,
  nextNumber,
  person,
  startTestParley,
} from '../support/server.ts';

const { call, notify, database, url, token } = await startTestParley();
const second = await startTestParley({}, database);
const servers = [call, second.call];
const me: string = (await call('GET', '/me')).body.id;
const admin = { type: 'admin', admin_id: me };
// So that each route can be called.
await database.sql("update access_tokens set scopes = '{events,read,write,manage}'");

/** Another channel of the same workspace. */
await database.sql("update access_tokens set scopes = '{events,read,write,manage}'");
const otherToken = 'parley_token_of_other_channel_0123456789';
const [channel] = await database.sql<{ id: number }>(
  "insert into channels (workspace_id, name) values (1, 'other') returning id",
);
await database.sql(
  `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
   values (1, $1, $2, 'test', decode($3, 'hex'), '6789')`,
  [channel!.id, me, sha256Hex(otherToken)],
);

async function begin() {
  const number = nextNumber();
  const fields = {
    external_conversation_id: `keyed_${number}`,
    contact: person(`keyed_${number}`),
  };
  const { body } = await notify('new_conversation', fields);
  return { id: body.conversation_id as string, contactId: body.contact_id as string, fields };
}

const newKey = (): string => `key-${nextNumber()}`;
const withKey = (key: string, more: Record<string, string> = {}) => ({
  'idempotency-key': key,
  ...more,
});
const comment = (body: string) => ({ message_type: 'comment', ...admin, body });
const isReplay = ({ headers }: ApiResponse): boolean =>
  headers.get('idempotent-replayed') === 'true';

/** The texts of all parts, in their order. */
async function said(id: string): Promise<readonly string[]> {
  const rows = await database.sql<{ body: string }>(
    `select body from conversation_parts where conversation_id = $1 and author_type = 'admin'
     order by position`,
    [id],
  );
  return rows.map(({ body }) => body);
}

const sent = async (id: string): Promise<number> =>
  (
    await database.sql('select from outbound_events where conversation_id = $1 and name <> $2', [
      id,
      'conversation_created',
    ])
  ).length;

const audited = async (action: string): Promise<number> =>
  (await database.sql('select from audit_log where action = $1', [action])).length;

/** As after a crash between the effect and the stored response. */
const forgetResponse = (key: string): Promise<unknown> =>
  database.sql(
    `update idempotency_keys set status = null, body = null
     where key = $1`,
    [key],
  );

function rejected({ status, body }: ApiResponse, expected: number, field: string | null) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(body.errors[0].field, field);
}

const { id: talk, contactId } = await begin();
const { id: tagId } = (await call('POST', '/tags', { name: 'Applied' })).body;
const { id: doomedId } = (await call('POST', '/tags', { name: 'Doomed' })).body;
const lead = (await call('POST', '/contacts', { role: 'lead', name: 'Merged' })).body;
const isolation = await readIsolation();

test('Idempotency-Key: the same request again gets the same response, marked', async () => {
  const { id } = await begin();
  const key = newKey();
  const path = `/conversations/${id}/reply`;
  const first = await call('POST', path, comment('Once'), withKey(key));
  assert.equal(first.status, 200);
  assert.ok(!isReplay(first));
  const events = await sent(id);
  // The present state is another one by now.
  await call('POST', `/conversations/${id}/parts`, { message_type: 'close', ...admin });
  for (const server of servers) {
    const again = await server('POST', path, comment('Once'), withKey(key));
    assert.ok(isReplay(again));
    assert.equal(again.status, 200);
    assert.deepEqual(again.body, first.body);
    assert.match(again.headers.get('content-type')!, /^application\/json/);
    assert.notEqual(again.headers.get('x-request-id'), first.headers.get('x-request-id'));
  }
  assert.deepEqual((await said(id)).slice(0, 1), ['Once']);
  assert.equal((await said(id)).filter((body) => body === 'Once').length, 1);
  assert.ok((await sent(id)) >= events);
});

test('Idempotency-Key: a JSON of other spacing and order is the same request', async () => {
  const { id } = await begin();
  const key = newKey();
  const path = `/conversations/${id}/reply`;
  await call('POST', path, comment('Spaced'), withKey(key));
  const text = `{ "body": "Spaced",\n "admin_id": "${me}", "type": "admin", "message_type": "comment" }`;
  assert.ok(isReplay(await call('POST', path, text, withKey(key))));
  assert.deepEqual(await said(id), ['Spaced']);
});

test('Idempotency-Key: another request with the same key gets 422', async () => {
  const [one, other] = [await begin(), await begin()];
  const key = newKey();
  const path = `/conversations/${one.id}/reply`;
  await call('POST', path, comment('First'), withKey(key));
  const requests: [string, string, unknown][] = [
    ['POST', path, comment('Other words')],
    ['POST', `${path}?display_as=plaintext`, comment('First')],
    ['POST', `/conversations/${other.id}/reply`, comment('First')],
    ['POST', '/tags', { name: 'First' }],
    ['DELETE', '/tags/1', undefined],
  ];
  for (const [method, otherPath, body] of requests) {
    rejected(await call(method, otherPath, body, withKey(key)), 422, 'Idempotency-Key');
  }
  assert.deepEqual([await said(one.id), await said(other.id)], [['First'], []]);
  assert.ok(isReplay(await call('POST', path, comment('First'), withKey(key))));
});

test('Idempotency-Key: another caller may use the same key', async () => {
  const key = newKey();
  const other = await addWorkspace(database, 'keyed');
  const authorizations = [token, otherToken, other.token].map((one) => `Bearer ${one}`);
  for (const authorization of authorizations) {
    const named = { name: `Of ${authorization.slice(-20)}` };
    const response = await call('POST', '/tags', named, withKey(key, { authorization }));
    assert.deepEqual([response.status, isReplay(response)], [200, false]);
    assert.equal(response.body.name, named.name);
  }
  const keys = await database.sql('select from idempotency_keys where key = $1', [key]);
  assert.equal(keys.length, 3);
});

test('Idempotency-Key: a token that takes the place of another repeats its requests', async () => {
  const key = newKey();
  const next = `${otherToken}_next`;
  await database.sql(
    `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     values (1, $1, $2, 'next', decode($3, 'hex'), 'next')`,
    [channel!.id, me, sha256Hex(next)],
  );
  const { id } = await begin();
  const path = `/conversations/${id}/reply`;
  const by = (one: string) => withKey(key, { authorization: `Bearer ${one}` });
  await call('POST', path, comment('By the old one'), by(otherToken));
  assert.ok(isReplay(await call('POST', path, comment('By the old one'), by(next))));
  assert.equal((await said(id)).length, 1);
});

test('Idempotency-Key: one of 20 concurrent repeats takes effect; all get its response', async () => {
  for (const used of [[call], servers]) {
    const { id } = await begin();
    const key = newKey();
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        used[index % used.length]!(
          'POST',
          `/conversations/${id}/reply`,
          comment('Once'),
          withKey(key),
        ),
      ),
    );
    assert.deepEqual(await said(id), ['Once']);
    assert.equal(responses.filter((one) => !isReplay(one)).length, 1);
    for (const { status, body } of responses) {
      assert.equal(status, 200);
      assert.deepEqual(body, responses[0]!.body);
    }
  }
});

test('Idempotency-Key: of two requests at once one has the key, the other gets 422', async () => {
  const { id } = await begin();
  const key = newKey();
  const responses = await Promise.all(
    ['One', 'Two', 'One', 'Two'].map((body, index) =>
      servers[index >> 1]!('POST', `/conversations/${id}/reply`, comment(body), withKey(key)),
    ),
  );
  assert.deepEqual(responses.map(({ status }) => status).toSorted(), [200, 200, 422, 422]);
  assert.equal((await said(id)).length, 1);
});

test('Idempotency-Key: errors of the request are kept, too', async () => {
  const key = newKey();
  const path = '/conversations/999999999/reply';
  const first = await call('POST', path, comment('Nobody there'), withKey(key));
  const again = await call('POST', path, comment('Nobody there'), withKey(key));
  assert.deepEqual([first.status, again.status, isReplay(again)], [404, 404, true]);
  assert.deepEqual(again.body, first.body);
});

test('Idempotency-Key: a request that never reached its route leaves the key free', async () => {
  const { id } = await begin();
  const key = newKey();
  const path = `/conversations/${id}/reply`;
  const faults: [unknown, Record<string, string>][] = [
    ['{', {}],
    [{ message_type: 'shout' }, {}],
    [comment('x'), { authorization: 'Bearer wrong' }],
    [comment('x'), { accept: 'text/html' }],
  ];
  for (const [body, headers] of faults) {
    const { status } = await call('POST', path, body, withKey(key, headers));
    assert.ok(status >= 400 && status < 500);
  }
  const corrected = await call('POST', path, comment('Corrected'), withKey(key));
  assert.deepEqual([corrected.status, isReplay(corrected)], [200, false]);
});

test('Idempotency-Key: one that is empty, too long or no ASCII gets 400', async () => {
  const { id } = await begin();
  const path = `/conversations/${id}/reply`;
  for (const key of ['', 'k'.repeat(256), 'two words', 'schl\u00fcssel']) {
    rejected(await call('POST', path, comment('x'), withKey(key)), 400, 'Idempotency-Key');
  }
  const longest = await call('POST', path, comment('Longest'), withKey('k'.repeat(255)));
  assert.equal(longest.status, 200);
  const client = new RawClient(url);
  afterAll(async () => void client.socket.destroy());
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
  const text = JSON.stringify(comment('x'));
  const rest = `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  client.send(`${head}Idempotency-Key: a\r\nIdempotency-Key: a\r\n${rest}`);
  const huge = new RawClient(url);
  afterAll(async () => void huge.socket.destroy());
  huge.send(`${head}Idempotency-Key: ${'k'.repeat(20_000)}\r\n${rest}`);
  assert.equal((await client.responses(1))[0]?.status, 400);
  assert.equal((await huge.responses(1))[0]?.status, 431);
  assert.deepEqual(await said(id), ['Longest']);
});

test('Idempotency-Key: an event goes by its event_id, and a GET ignores the key', async () => {
  const key = newKey();
  const number = nextNumber();
  const event = (eventId: string) => ({
    event_id: eventId,
    external_conversation_id: `keyed_event_${number}`,
    contact: person(`keyed_event_${number}`),
  });
  const path = '/custom_channel_events/notify_new_conversation';
  for (const eventId of [`keyed_a_${number}`, `keyed_b_${number}`]) {
    const { status, headers } = await call('POST', path, event(eventId), withKey(key));
    assert.deepEqual([status, headers.get('idempotent-replayed')], [200, null]);
  }
  assert.equal((await call('GET', '/me', undefined, withKey('two words'))).status, 200);
  assert.deepEqual(await database.sql('select from idempotency_keys where key = $1', [key]), []);
});

test('Idempotency-Key: after 7 days it is free, before it is removed and after', async () => {
  const pool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  const { id } = await begin();
  const [replaced, removed, kept] = [newKey(), newKey(), newKey()];
  const path = `/conversations/${id}/reply`;
  for (const key of [replaced, removed, kept]) await call('POST', path, comment(key), withKey(key));
  const age = (key: string, days: number, minutes: number) =>
    database.sql(
      `update idempotency_keys set created_at = now() - $2 * interval '1 day' - $3 * interval '1 minute'
       where key = $1`,
      [key, days, minutes],
    );
  await age(replaced, 7, 1);
  await age(kept, 7, -1);
  const anew = await call('POST', path, comment(replaced), withKey(replaced));
  assert.deepEqual([anew.status, isReplay(anew)], [200, false]);
  assert.ok(isReplay(await call('POST', path, comment(kept), withKey(kept))));
  await age(removed, 8, 0);
  await age(replaced, 9, 0);
  assert.equal(await removeOldKeys(pool, 1), 1, 'a batch has the size that it was given');
  assert.equal(await removeOldKeys(pool, 10), 1);
  assert.equal(await removeOldKeys(pool, 10), 0);
  const left = await database.sql<{ key: string }>(
    'select key from idempotency_keys where key = any ($1)',
    [[replaced, removed, kept]],
  );
  assert.deepEqual(left, [{ key: kept }]);
  const orphans = await database.sql(
    'select from idempotency_effects where key_id not in (select id from idempotency_keys)',
  );
  assert.deepEqual(orphans, []);
});

test('Idempotency-Key: an unavailable database gives 503, and a repeat takes effect', async () => {
  const { id } = await begin();
  const key = newKey();
  const path = `/conversations/${id}/reply`;
  const { database: name } = database.target;
  await database.sql(`alter database ${name} connection limit 0`);
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  const away = await call('POST', path, comment('Back'), withKey(key));
  await database.sql(`alter database ${name} connection limit -1`);
  rejected(away, 503, null);
  assert.match(away.body.errors[0].message, /same Idempotency-Key/);
  assert.equal(away.headers.get('retry-after'), '1');
  const back = await call('POST', path, comment('Back'), withKey(key));
  assert.deepEqual([back.status, isReplay(back)], [200, false]);
  assert.ok(isReplay(await call('POST', path, comment('Back'), withKey(key))));
  assert.deepEqual(await said(id), ['Back']);
});

/** Requests of each kind of effect, and how often it took effect. */
const kinds: [string, string, string, unknown, () => Promise<number>][] = [
  [
    'reply',
    'POST',
    `/conversations/${talk}/reply`,
    comment('Crash'),
    async () => (await said(talk)).length,
  ],
  ['tag command', 'POST', '/tags', { name: 'New' }, () => audited('tag.created')],
  ['tag rename', 'POST', '/tags', { id: tagId, name: 'Renamed' }, () => audited('tag.renamed')],
  ['tag removal', 'DELETE', `/tags/${doomedId}`, undefined, () => audited('tag.deleted')],
  [
    'contact tag',
    'POST',
    `/contacts/${contactId}/tags`,
    { id: tagId },
    () => audited('contact.tagged'),
  ],
  [
    'tag of several contacts',
    'POST',
    '/tags',
    { name: 'Several', users: [{ id: contactId }] },
    async () => (await audited('tag.created')) + (await audited('contact.tagged')),
  ],
  [
    'conversation tag',
    'POST',
    `/conversations/${talk}/tags`,
    { id: tagId, admin_id: me },
    () => audited('conversation.tagged'),
  ],
  [
    'contact creation',
    'POST',
    '/contacts',
    { role: 'lead', name: 'Created once', custom_attributes: { keyed_colour: 'red' } },
    async () => (await database.sql("select from contacts where name = 'Created once'")).length,
  ],
  [
    'contact note',
    'POST',
    `/contacts/${contactId}/notes`,
    { body: 'Noted once', admin_id: me },
    async () => (await database.sql("select from notes where body like '%Noted once%'")).length,
  ],
  [
    'merge',
    'POST',
    '/contacts/merge',
    { from: lead.id, into: contactId },
    async () => (await database.sql('select from contacts where merged_into is not null')).length,
  ],
];
for (const [kind, method, path, body, count] of kinds) {
  test(`lost response: a repeated ${kind} finds its effect and changes nothing`, async () => {
    const key = newKey();
    const first = await call(method, path, body, withKey(key));
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const before = await count();
    assert.ok(before > 0);
    await forgetResponse(key);
    const again = await second.call(method, path, body, withKey(key));
    assert.deepEqual([again.status, isReplay(again)], [200, false]);
    assert.deepEqual(again.body, first.body);
    assert.equal(await count(), before);
    assert.ok(isReplay(await call(method, path, body, withKey(key))));
  });
}

test('lost response: a repeat does not apply again what was undone in between', async () => {
  const tagged = await begin();
  const name = 'Undone';
  const [tagKey, createKey] = [newKey(), newKey()];
  const path = `/contacts/${tagged.contactId}/tags`;
  const created = await call('POST', '/tags', { name }, withKey(createKey));
  const id: string = created.body.id;
  await call('POST', path, { id }, withKey(tagKey));
  await call('DELETE', `${path}/${id}`);
  await forgetResponse(tagKey);
  const repeated = await second.call('POST', path, { id }, withKey(tagKey));
  assert.deepEqual([repeated.status, repeated.body.id], [200, id]);
  assert.deepEqual((await call('GET', path)).body.data, []);
  await call('DELETE', `/tags/${id}`);
  await forgetResponse(createKey);
  const recreated = await second.call('POST', '/tags', { name }, withKey(createKey));
  assert.deepEqual(recreated.body, created.body);
  assert.equal((await call('GET', `/tags/${id}`)).status, 404);
});

test('lost response: a repeated reply to `last` stays in the conversation it went to', async () => {
  const { fields, contactId: writer, id } = await begin();
  const key = newKey();
  const body = { message_type: 'comment', type: 'user', intercom_user_id: writer, body: 'Mine' };
  const first = await call('POST', '/conversations/last/reply', body, withKey(key));
  await forgetResponse(key);
  const newer = `newer_${nextNumber()}`;
  await notify('new_conversation', { ...fields, external_conversation_id: newer });
  const again = await call('POST', '/conversations/last/reply', body, withKey(key));
  assert.deepEqual([first.body.id, again.body.id], [id, id]);
});

/** Fresh things of this workspace, so that a route can be called with success; other fixtures get a 404. */
async function freshVictim(): Promise<Victim> {
  const { id, contactId: contact, fields } = await begin();
  const name = `Fresh ${nextNumber()}`;
  const named = await call('POST', '/tags', { name });
  const channel = await call('POST', '/parley/v1/channels', { name });
  const owned: Partial<Victim> = {
    conversationId: id,
    contactId: contact,
    tagId: named.body.id,
    externalId: fields.external_conversation_id,
    channelId: channel.body.id,
    otherAdminId: Number(me),
  };
  return owned as Victim;
}

/** A fingerprint of all that is stored, without the keys themselves and the last uses of tokens. */
async function storedState(): Promise<Record<string, string | null>> {
  const tables = await database.sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'parley'::regnamespace
       and relkind in ('r', 'p') and relname not like 'idempotency%' and relname <> 'access_tokens'`,
  );
  const state: Record<string, string | null> = {};
  for (const { name } of tables) {
    const [row] = await database.sql<{ hash: string | null }>(
      `select md5(string_agg(t::text, E'\\n' order by t::text)) as hash from ${name} as t`,
    );
    state[name] = row!.hash;
  }
  return state;
}

for (const route of routes.filter((one) => one.access === 'token')) {
  if (!takesIdempotencyKey(route)) continue;
  const name = `${route.method} ${route.path}`;
  test(`${name}: takes an Idempotency-Key, also when its response was lost`, async (t) => {
    const { parameters = {}, query = '', body } = isolation[name]?.(await freshVictim()) ?? {};
    const path = route.path.replaceAll(/:(\w+)/g, (_, parameter) => String(parameters[parameter]));
    const key = newKey();
    const send = (server: typeof call) =>
      server(route.method, `${path}${query}`, body, withKey(key));
    const first = await send(call);
    const again = await send(second.call);
    assert.equal(again.status, first.status);
    // A body that does not fit the schema is rejected before the key counts.
    if (first.status === 400 && !isReplay(again)) return;
    const { secretField } = route;
    const shown = secretField && first.status === 200 ? { [secretField]: null } : {};
    assert.deepEqual([isReplay(again), { ...again.body }], [true, { ...first.body, ...shown }]);
    await forgetResponse(key);
    const before = await storedState();
    const presented = await send(call);
    assert.equal(presented.status, first.status, JSON.stringify(presented.body));
    assert.deepEqual(await storedState(), before);
    t.diagnostic(`${name}: ${first.status}`);
  });
}

test('SDK: its own repeats with a key take effect once', async () => {
  const { id } = await begin();
  const sentKeys: (string | null)[] = [];
  const client = new IntercomClient({
    token,
    baseUrl: url,
    // The response of the first try is lost behind a proxy, as the SDK sees it.
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const response = await fetch(input, init);
      sentKeys.push(new Headers(init?.headers).get('idempotency-key'));
      if (sentKeys.length > 1) return response;
      return new Response('{}', { status: 503, headers: { 'Retry-After': '1' } });
    },
  });
  const conversation = await client.conversations.reply(
    {
      conversation_id: id,
      body: { message_type: 'comment', type: 'admin', admin_id: me, body: 'Once, please' },
    },
    { headers: { 'Idempotency-Key': 'sdk-1' } },
  );
  assert.equal(conversation.id, id);
  assert.deepEqual(sentKeys, ['sdk-1', 'sdk-1']);
  assert.deepEqual(await said(id), ['Once, please']);
});

test('replies: of two callers in the same second both are kept, in order', async () => {
  const { id } = await begin();
  const clients = [url, second.url].map(
    (baseUrl, index) => new IntercomClient({ token: index === 0 ? token : otherToken, baseUrl }),
  );
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      clients[index % 2]!.conversations.reply({
        conversation_id: id,
        body: { message_type: 'comment', type: 'admin', admin_id: me, body: `Reply ${index}` },
      }),
    ),
  );
  const texts = await said(id);
  assert.equal(texts.length, 12);
  assert.equal(new Set(texts).size, 12);
  // The app hears them in the order in which they stand.
  const events = await database.sql<{ body: string }>(
    `select body from outbound_events where conversation_id = $1 and body like '%Reply %' order by sequence`,
    [id],
  );
  const heard = events.map(({ body }) => /Reply \d+/.exec(body)![0]);
  assert.deepEqual(
    heard,
    texts.map((text) => /Reply \d+/.exec(text)![0]),
  );
  // Each caller sees its own reply.
  for (const [index, reply] of replies.entries()) {
    const parts = reply.conversation_parts!.conversation_parts!;
    assert.ok(parts.some(({ body }) => body === `<p>Reply ${index}</p>`));
  }
});
