import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { openPool } from '../database/pool.ts';
import { listTokens, revokeToken } from './access.ts';
import { prepareFirstStart } from './first-start.ts';

async function freshPool() {
  const database = await openTestDatabase();
  const pool = openPool(database.target, 'admin', { max: 4, onError: () => {} });
  atEnd(() => pool.end());
  return { pool, sql: database.sql };
}

test('first start: no token given, one is generated at the first start and none later', async () => {
  const { pool, sql } = await freshPool();
  const first = await prepareFirstStart(pool, undefined);
  assert.match(first.newToken ?? '', /^parley_[\w-]{43}$/);
  assert.equal((await prepareFirstStart(pool, undefined)).newToken, null);
  const rows = await sql<{ text: string }>('select t::text as text from access_tokens t');
  assert.equal(rows.length, 1);
  assert.ok(!rows[0]!.text.includes(first.newToken!));
});

test('first start: the only token revoked, no new one appears by itself', async () => {
  const { pool } = await freshPool();
  await prepareFirstStart(pool, undefined);
  const [token] = await listTokens(pool);
  await revokeToken(pool, token!.id);
  assert.equal((await prepareFirstStart(pool, undefined)).newToken, null);
});

test('first start: PARLEY_TOKEN given twice, kept once; changed, the earlier one is named', async () => {
  const { pool } = await freshPool();
  const given = 'a_token_given_by_the_operator';
  await prepareFirstStart(pool, given);
  const again = await prepareFirstStart(pool, given);
  assert.deepEqual(again, { newToken: null, earlierTokenIds: [] });
  const [earlier] = await listTokens(pool);
  const changed = await prepareFirstStart(pool, 'another_token_of_the_operator');
  assert.deepEqual(changed.earlierTokenIds, [earlier!.id]);
});

test('first start: four servers at once on an empty database, one workspace and one channel', async () => {
  const { pool, sql } = await freshPool();
  await Promise.all(
    Array.from({ length: 4 }, () => prepareFirstStart(pool, 'a_token_of_all_four_servers')),
  );
  const [counts] = await sql(
    `select (select count(*) from workspaces) as workspaces, (select count(*) from channels) as channels,
       (select count(*) from admins) as admins, (select count(*) from access_tokens) as tokens`,
  );
  assert.deepEqual(counts, { workspaces: 1, channels: 1, admins: 1, tokens: 1 });
});
