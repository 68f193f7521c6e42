// Workspaces never meet: every route is walked with another workspace's token, and row-level security tried directly.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPool } from '../../src/database/pool.ts';
import type { ApiRoute } from '../../src/http/route.ts';
import { routes } from '../../src/http/routes/index.ts';
import { readAs } from '../../src/store/read-transaction.ts';
import { atEnd } from '../support/at-end.ts';
import {
  addWorkspace,
  type EventKind,
  eventBody,
  person,
  startTestParley,
} from '../support/server.ts';

const { call, notify, database } = await startTestParley();
const stranger = await addWorkspace(database, 'stranger');

/** Everything of the first workspace carries this word. */
const MARK = 'belongs_to_the_first';
const contact = { ...person(MARK), email: `${MARK}@example.com` };
const external = { external_conversation_id: MARK, contact };
const mine = (await notify('new_conversation', { ...external, event_id: MARK })).body;
await notify('new_message', { ...external, body: `${MARK} said this` });
await notify('attribute_collected', { ...external, attribute: { id: MARK, value: MARK } });

const tables = [
  'workspaces',
  'admins',
  'channels',
  'access_tokens',
  'contacts',
  'conversations',
  'conversation_parts',
  'quick_reply_options',
  'attribute_requests',
  'data_attributes',
  'channel_events',
];

/** A fingerprint of all that the first workspace has. */
async function stateOfFirst(): Promise<string> {
  const found: Record<string, unknown> = {};
  for (const table of tables) {
    const key = table === 'workspaces' ? 'id' : 'workspace_id';
    found[table] = await database.sql(
      `select * from ${table} where ${key} <> $1 order by 1, 2, 3`,
      [stranger.workspaceId],
    );
  }
  return JSON.stringify(found);
}

/** A call that aims at the first workspace's things. */
function attack(route: ApiRoute): { path: string; body: unknown } {
  const ids: Record<string, string> = {
    '/conversations/:id': mine.conversation_id,
    '/contacts/:id': mine.contact_id,
  };
  const id = ids[route.path];
  if (route.path.includes(':')) assert.ok(id, `tell this test which id to try at ${route.path}`);
  const kind = route.path.split('/notify_')[1] as EventKind | undefined;
  const body =
    kind === undefined
      ? undefined
      : eventBody(kind, {
          external_conversation_id: MARK,
          contact: { type: 'lead', external_id: MARK },
        });
  return { path: route.path.replace(':id', id ?? ''), body };
}

for (const route of routes.filter((one): one is ApiRoute => one.access === 'token')) {
  test(`${route.method} ${route.path}: another workspace's token, sees and changes nothing`, async () => {
    const before = await stateOfFirst();
    const { path, body } = attack(route);
    const answer = await call(route.method, path, body, {
      authorization: `Bearer ${stranger.token}`,
    });
    const text = JSON.stringify(answer.body);
    assert.ok(!text.includes(mine.conversation_id), text);
    assert.ok(!text.includes(mine.contact_id), text);
    assert.ok(!text.includes(`Name of ${MARK}`) && !text.includes(`${MARK}@`), text);
    assert.equal(await stateOfFirst(), before);
    const withoutToken = await call(route.method, path, body, { authorization: '' });
    assert.equal(withoutToken.status, 401);
  });
}

test('same external ids in two workspaces: two conversations, two contacts, each event taken once', async () => {
  const answer = await call(
    'POST',
    '/custom_channel_events/notify_new_conversation',
    { event_id: MARK, external_conversation_id: MARK, contact },
    { authorization: `Bearer ${stranger.token}` },
  );
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('idempotent-replayed'), null);
  assert.notEqual(answer.body.conversation_id, mine.conversation_id);
  assert.notEqual(answer.body.contact_id, mine.contact_id);
});

test('row-level security: read pool as one workspace, only its rows however the query asks', async () => {
  const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
  atEnd(() => pool.end());
  await readAs(pool, stranger.workspaceId, async (connection) => {
    for (const table of tables) {
      const key = table === 'workspaces' ? 'id' : 'workspace_id';
      const { rows } = await connection.query(`select ${key} as workspace from ${table}`);
      for (const row of rows) assert.equal(row.workspace, stranger.workspaceId, table);
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

test('row-level security: every table has it, forced, and the role it binds is no superuser', async () => {
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
       and relkind in ('r', 'p') and relname <> 'schema_migrations' order by 1`,
  );
  assert.deepEqual(
    known.map(({ name }) => name),
    [...tables].sort(),
  );
});

test('keys: every primary key and unique index begins with the workspace, but for the look-up of a token', async () => {
  const others = await database.sql<{ name: string }>(
    `select i.indexrelid::regclass::text as name from pg_index i
       join pg_class c on c.oid = i.indrelid
       join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
     where c.relnamespace = 'parley'::regnamespace and a.attname <> 'workspace_id'
       and c.relname not in ('schema_migrations', 'workspaces')`,
  );
  assert.deepEqual(
    others.map(({ name }) => name.replace('parley.', '')),
    ['access_tokens_token_hash_key'],
  );
});
