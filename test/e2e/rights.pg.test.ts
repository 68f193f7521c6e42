// Who may do what: every route of the table with tokens of every single scope, and teammates of every role.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../src/base/random.ts';
import { missingRight, type Role, roles, type Scope, scopes } from '../../src/core/model/rights.ts';
import { routes } from '../../src/http/routes.ts';
import { startTestParley } from '../support/server.ts';

const { call, notify, database } = await startTestParley();

const tokenRoutes = routes.flatMap((route) => (route.access === 'token' ? [route] : []));
const admins = new Map<Role, number>();
for (const role of roles) {
  const [admin] = await database.sql<{ id: number }>(
    `insert into admins (workspace_id, name, email, role) values (1, $1, $1 || '@example.com', $1)
     returning id`,
    [role],
  );
  admins.set(role, admin!.id);
}

/** Stores a token. @param channelId null: it acts for the teammate only. */
async function addToken(
  role: Role,
  given: readonly Scope[],
  channelId: number | null = 1,
): Promise<string> {
  const token = `token_of_${role}_${given.join('_')}_${channelId ?? 'no_channel'}`;
  await database.sql(
    `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint, scopes)
     values (1, $1, $2, 'rights', decode($3, 'hex'), 'hint', $4)`,
    [channelId, admins.get(role), sha256Hex(token), given],
  );
  return token;
}

const authorized = (token: string) => ({ authorization: `Bearer ${token}` });

/** A path whose objects do not exist, and an Accept that the next check rejects, so that no route does anything. */
const pathOf = (path: string): string => path.replaceAll(/:\w+/g, '999999999');

for (const role of roles) {
  for (const scope of scopes) {
    test(`${role} with the scope ${scope}: may call what both allow, and no other route`, async () => {
      const token = await addToken(role, [scope]);
      for (const route of tokenRoutes) {
        const missing = missingRight({ scopes: [scope], role }, route);
        // A stream does not check Accept: it is asked for without a body to begin with.
        const isStream = 'open' in route;
        if (isStream && missing === null) continue;
        const response = await call(route.method, pathOf(route.path), undefined, {
          ...authorized(token),
          accept: isStream ? 'text/event-stream' : 'text/html',
        });
        const at = `${route.method} ${route.path}: ${JSON.stringify(response.body)}`;
        assert.equal(response.status, missing === null ? 406 : 403, at);
        if (missing === null) continue;
        assert.equal(response.body.errors[0].code, 'forbidden', at);
        const named = missing === 'scope' ? `"${route.scope}"` : `"${role}"`;
        assert.ok(response.body.errors[0].message.includes(named), at);
      }
    });
  }
}

test('rights: 401 without a token wins, 404 for an unknown path has no 403', async () => {
  const token = await addToken('viewer', ['read', 'events']);
  assert.equal((await call('POST', '/tags', { name: 'x' }, { authorization: '' })).status, 401);
  assert.equal((await call('POST', '/no/such/path', {}, authorized(token))).status, 404);
  const rejected = await call('POST', '/tags', '{"name":', authorized(token));
  assert.equal(rejected.status, 403);
  assert.deepEqual((await call('GET', '/tags')).body.data, []);
});

test('notes: a viewer writes one, and replies to no conversation', async () => {
  const { body: ids } = await notify('new_conversation');
  const headers = authorized(await addToken('viewer', ['read', 'write']));
  const note = await call('POST', `/contacts/${ids.contact_id}/notes`, { body: 'Seen' }, headers);
  assert.equal(note.status, 200);
  const said = { message_type: 'comment', type: 'admin', admin_id: '1', body: 'Hello' };
  const reply = await call('POST', `/conversations/${ids.conversation_id}/reply`, said, headers);
  assert.equal(reply.status, 403);
});

test('tokens without a channel: read, write and begin, but have no external ids', async () => {
  const { body: ids } = await notify('new_conversation', { external_conversation_id: 'ext 1' });
  const headers = authorized(await addToken('teammate', ['read', 'write'], null));
  const me = await call('GET', '/me', undefined, headers);
  assert.deepEqual([me.status, me.body.id], [200, String(admins.get('teammate'))]);
  const said = { message_type: 'comment', type: 'admin', admin_id: me.body.id, body: 'Hello' };
  const reply = await call('POST', `/conversations/${ids.conversation_id}/reply`, said, headers);
  assert.equal(reply.status, 200);
  const state = '/parley/v1/conversations/external/ext%201/state';
  assert.equal((await call('GET', state)).status, 200);
  assert.equal((await call('GET', state, undefined, headers)).status, 404);
  const from = { type: 'user', id: ids.contact_id };
  const begun = await call('POST', '/conversations', { from, body: 'Hi' }, headers);
  assert.equal(begun.status, 200);
});

test('role: a demoted teammate’s token loses its rights at once', async () => {
  const headers = authorized(await addToken('operator', ['read', 'write'], null));
  await database.sql("update admins set role = 'viewer' where id = $1", [admins.get('operator')]);
  assert.equal((await call('POST', '/tags', { name: 'late' }, headers)).status, 403);
});

test('database: takes no unknown scope, none at all, nor events without a channel', async () => {
  for (const wrong of [['admin'], [], ['events']] as unknown as Scope[][]) {
    await assert.rejects(addToken('owner', wrong, null), /violates check constraint/);
  }
});
