// Isolation of workspaces: every route with another workspace's token, and row-level security directly.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '../../src/base/result.ts';
import { openPool } from '../../src/database/pool.ts';
import { routes } from '../../src/http/routes.ts';
import type { ApiRoute, StreamRoute } from '../../src/http/server/route.ts';
import { readAs, writeAs } from '../../src/store/sql/row-level-security.ts';
import { afterAll } from '../support/after-all.ts';
import { type Attack, addVictim, adminOf, pathOf, readIsolation } from '../support/isolation.ts';
import { addWorkspace, eventBody, startTestParley } from '../support/server.ts';
import { addEvent } from './event-log-rows.ts';

const { call, notify, database } = await startTestParley();
const otherWorkspace = await addWorkspace(database, 'other');

// It may do everything, in its own workspace.
await database.sql(
  `update access_tokens set scopes = '{events,read,write,manage}' where workspace_id = $1`,
  [otherWorkspace.workspaceId],
);
await database.sql("update admins set role = 'owner' where workspace_id = $1", [
  otherWorkspace.workspaceId,
]);

/** A word in all data of the first workspace. */
const MARK = 'belongs_to_the_first';
const theirAdmin = await adminOf(database, otherWorkspace.workspaceId);
const { victim, contact, created: mine } = await addVictim({ notify, database }, MARK, theirAdmin);
await addEvent(
  database,
  { workspaceId: 1, channelId: 1, conversationId: Number(mine.conversation_id), sequence: 0 },
  MARK,
);

const tables = [
  'workspaces',
  'admins',
  'channels',
  'access_tokens',
  'contacts',
  'contact_keys',
  'conversations',
  'conversation_keys',
  'conversation_parts',
  'quick_reply_options',
  'attribute_requests',
  'data_attributes',
  'companies',
  'company_contacts',
  'company_tags',
  'channel_events',
  'teams',
  'team_members',
  'tags',
  'notes',
  'email_guards',
  'erasures',
  'conversation_removals',
  'retention',
  'audit_log',
  'idempotency_keys',
  'idempotency_effects',
  'workflows',
  'workflow_versions',
  'conversation_signals',
  'jobs',
  'channel_callbacks',
  'callback_health',
  'secrets',
  'outbound_events',
  'delivery_lanes',
  'delivery_attempts',
  'dead_letters',
  'delivery_resends',
  'files',
  'part_files',
  'file_usage',
  'credentials',
  'sessions',
  'account_links',
  'drafts',
  'seen_positions',
  'inbox_changes',
];
/** Tables without data of a workspace. */
const common = ['schema_migrations', 'log_offset', 'sign_in_attempts'];

/** A fingerprint of all data of the first workspace, except the last use of tokens, which is stored later. */
async function stateOfFirst(): Promise<string> {
  const found: Record<string, unknown> = {};
  for (const table of tables) {
    const key = table === 'workspaces' ? 'id' : 'workspace_id';
    found[table] = await database.sql(
      `select * from ${table} where ${key} <> $1 order by 1, 2, 3`,
      [otherWorkspace.workspaceId],
    );
  }
  return JSON.stringify(found, (name, value) => (name === 'last_used_at' ? undefined : value));
}

const isolation = await readIsolation();

/** A request for objects of the first workspace. */
function attack(route: ApiRoute | StreamRoute): Attack & { readonly path: string } {
  const name = `${route.method} ${route.path}`;
  const aim = isolation[name];
  const isPlain = !route.path.includes(':') && route.body === undefined;
  assert.ok(aim !== undefined || isPlain, `an isolation.fixture.ts must say how to attack ${name}`);
  const wanted = aim?.(victim) ?? {};
  return { ...wanted, path: pathOf(route, wanted) };
}

test('isolation fixtures: each names an existing route', () => {
  const names = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  assert.deepEqual(
    Object.keys(isolation).filter((name) => !names.has(name)),
    [],
  );
});

for (const route of routes.filter((one) => one.access === 'token')) {
  test(`${route.method} ${route.path}: shows nothing to another workspace's token`, async () => {
    const before = await stateOfFirst();
    const { path, body, findsOwn = false } = attack(route);
    const response = await call(route.method, path, body, {
      authorization: `Bearer ${otherWorkspace.token}`,
    });
    if (route.path.includes(':')) assert.equal(response.status, findsOwn ? 200 : 404);
    const text = JSON.stringify(response.body);
    assert.ok(!text.includes(mine.conversation_id), text);
    assert.ok(!text.includes(mine.contact_id), text);
    assert.ok(!text.includes(`Name of ${MARK}`) && !text.includes(`${MARK}@`), text);
    assert.equal(await stateOfFirst(), before);
    const withoutToken = await call(route.method, path, body, { authorization: '' });
    assert.equal(withoutToken.status, 401);
  });
}

test('replies: another workspace’s token changes nothing with our contact’s names', async () => {
  const before = await stateOfFirst();
  const said = { message_type: 'comment', type: 'user', body: 'Let me in' };
  const theirs = { intercom_user_id: mine.contact_id };
  const aims: [string, object][] = [
    ['last', theirs],
    [mine.conversation_id, theirs],
    [mine.conversation_id, { user_id: MARK }],
    [mine.conversation_id, { email: contact.email }],
  ];
  for (const [id, name] of aims) {
    const authorization = `Bearer ${otherWorkspace.token}`;
    const body = { ...said, ...name };
    const response = await call('POST', `/conversations/${id}/reply`, body, { authorization });
    assert.equal(response.status, 404, JSON.stringify(response.body));
  }
  assert.equal(await stateOfFirst(), before);
});

test('events: each channel’s own token reads its own, another’s reads none', async () => {
  const path = '/parley/v1/events';
  const authorization = `Bearer ${otherWorkspace.token}`;
  assert.deepEqual((await call('GET', path, undefined, { authorization })).body.data, []);
  const own = (await call('GET', `${path}?wait=20`)).body.data;
  assert.equal(own.length, 1);
});

test('same external ids: two workspaces keep two conversations and take each event', async () => {
  const response = await call(
    'POST',
    '/custom_channel_events/notify_new_conversation',
    { event_id: MARK, external_conversation_id: MARK, contact },
    { authorization: `Bearer ${otherWorkspace.token}` },
  );
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('idempotent-replayed'), null);
  assert.notEqual(response.body.conversation_id, mine.conversation_id);
  assert.notEqual(response.body.contact_id, mine.contact_id);
});

test('row-level security: the read pool shows one workspace whatever the query asks', async () => {
  const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  await readAs(pool, otherWorkspace.workspaceId, async (connection) => {
    for (const table of tables) {
      const key = table === 'workspaces' ? 'id' : 'workspace_id';
      const { rows } = await connection.query(`select ${key} as workspace from ${table}`);
      for (const row of rows) assert.equal(row.workspace, otherWorkspace.workspaceId, table);
    }
  });
  for (const table of tables) {
    const { rows } = await pool.query(`select 1 from ${table}`);
    assert.equal(rows.length, 0, `${table} without a workspace`);
  }
  await assert.rejects(
    pool.query(`insert into workspaces (name) values ('intruder')`),
    /row-level security/,
  );
});

test('row-level security: a command writes tags of its own workspace only', async () => {
  const pool = openPool(database.target, 'command', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  const { workspaceId } = otherWorkspace;
  const attempts = [
    ["insert into tags (workspace_id, name) values (1, 'planted')", /row-level security/],
    [
      "insert into audit_log (workspace_id, actor_type, action, object_type, object_id) values (1, 'a', 'b', 'c', 'd')",
      /row-level security/,
    ],
    [
      "insert into idempotency_keys (workspace_id, principal, key, request_hash) values (1, 'a', 'b', '\\x00')",
      /row-level security/,
    ],
    [
      "insert into idempotency_effects (workspace_id, key_id, step) values (1, 1, 'signal 1')",
      /row-level security/,
    ],
    [`update tags set workspace_id = 1 where workspace_id = ${workspaceId}`, /row-level security/],
    [
      `insert into companies (workspace_id, company_id) values (1, 'planted')`,
      /row-level security/,
    ],
    [
      "insert into admins (workspace_id, name, email) values (1, 'a', 'b@c.d')",
      /row-level security/,
    ],
    [`insert into conversation_parts select * from conversation_parts where false`, null],
    ["update contacts set name = 'changed'", /row-level security/],
    ["insert into workspaces (name) values ('intruder')", /row-level security/],
  ] as const;
  await call(
    'POST',
    '/tags',
    { name: 'Theirs' },
    { authorization: `Bearer ${otherWorkspace.token}` },
  );
  await call(
    'POST',
    '/custom_channel_events/notify_new_conversation',
    eventBody('new_conversation'),
    { authorization: `Bearer ${otherWorkspace.token}` },
  );
  const before = await stateOfFirst();
  for (const [statement, rejection] of attempts) {
    const attempt = writeAs(pool, workspaceId, async (connection) =>
      ok(await connection.query(statement)),
    );
    if (rejection === null) await attempt;
    else await assert.rejects(attempt, rejection, statement);
  }
  // Rows of others are invisible, so there is nothing to change or delete.
  const deleted = await writeAs(pool, workspaceId, async (connection) =>
    ok(await connection.query('delete from tags where workspace_id = 1')),
  );
  assert.equal(deleted.ok && deleted.value.rowCount, 0);
  assert.equal(await stateOfFirst(), before);
});

test('row-level security: every table forces it, and it binds the role', async () => {
  const loose = await database.sql<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'parley'::regnamespace and relkind in ('r', 'p')
       and relname <> 'schema_migrations' and not (relrowsecurity and relforcerowsecurity)`,
  );
  assert.deepEqual(loose, []);
  const [role] = await database.sql<{ unbound: boolean }>(
    'select rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user',
  );
  assert.equal(role?.unbound, false);
  const known = await database.sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'parley'::regnamespace
       and relkind in ('r', 'p') and relname <> all ($1) order by 1`,
    [common],
  );
  assert.deepEqual(
    known.map(({ name }) => name),
    [...tables].sort(),
  );
});

test('keys: unique ones begin with the workspace, except hashes of secrets', async () => {
  const others = await database.sql<{ name: string }>(
    `select i.indexrelid::regclass::text as name from pg_index i
       join pg_class c on c.oid = i.indrelid
       join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
     where c.relnamespace = 'parley'::regnamespace and a.attname <> 'workspace_id'
       and i.indisunique and c.relname <> 'workspaces' and c.relname <> all ($1)`,
    [common],
  );
  assert.deepEqual(
    others.map(({ name }) => name.replace('parley.', '')).sort(),
    // Hashes of secrets: they are looked up before the workspace is known.
    [
      'access_tokens_token_hash_key',
      'account_links_code_hash_key',
      'sessions_previous_hash_key',
      'sessions_token_hash_key',
    ],
  );
});
