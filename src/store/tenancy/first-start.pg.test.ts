import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { listTokens } from './access.ts';
import { installGivenToken, issueFirstToken, prepareDefaults } from './first-start.ts';
import { createChannel } from './workspaces.ts';

async function freshPool() {
  const database = await openTestDatabase();
  const pool = openPool(database.target, 'admin', { max: 4, onError: () => {} });
  afterAll(() => pool.end());
  return { pool, sql: database.sql };
}

test('first token: is made only once, and only its hash is kept', async () => {
  const { pool, sql } = await freshPool();
  const owner = await prepareDefaults(pool);
  const token = await issueFirstToken(pool, owner);
  assert.match(token ?? '', /^parley_[\w-]{43}$/);
  assert.equal(await issueFirstToken(pool, owner), null);
  const rows = await sql<{ text: string }>('select t::text as text from access_tokens t');
  assert.equal(rows.length, 1);
  assert.ok(!rows[0]!.text.includes(token!));
});

test('first token: is not replaced by itself when revoked', async () => {
  const { pool, sql } = await freshPool();
  const owner = await prepareDefaults(pool);
  await issueFirstToken(pool, owner);
  const [token] = await listTokens(pool);
  await sql('update access_tokens set revoked_at = now() where id = $1', [token!.id]);
  assert.equal(await issueFirstToken(pool, owner), null);
});

test('given token: is kept once; a changed one names the earlier one', async () => {
  const { pool } = await freshPool();
  const owner = await prepareDefaults(pool);
  const given = 'a_token_given_by_the_operator';
  await installGivenToken(pool, given, owner);
  assert.deepEqual((await installGivenToken(pool, given, owner)).earlierTokenIds, []);
  const [earlier] = await listTokens(pool);
  const changed = await installGivenToken(pool, 'another_token_of_the_operator', owner);
  assert.deepEqual(changed.earlierTokenIds, [earlier!.id]);
});

test('given token: stays revoked when a server starts with it again', async () => {
  const { pool, sql } = await freshPool();
  const owner = await prepareDefaults(pool);
  await installGivenToken(pool, 'a_token_that_has_leaked', owner);
  const [token] = await listTokens(pool);
  await sql('update access_tokens set revoked_at = now() where id = $1', [token!.id]);
  assert.equal((await installGivenToken(pool, 'a_token_that_has_leaked', owner)).isRevoked, true);
  assert.notEqual((await listTokens(pool))[0]?.revokedAt, null);
});

test('given token: is rejected if issued for another channel before', async () => {
  const { pool } = await freshPool();
  const owner = await prepareDefaults(pool);
  const other = await createChannel(pool, owner.workspaceId, 'other');
  const given = 'a_token_of_the_other_channel';
  await installGivenToken(pool, given, { ...owner, channelId: other!.id });
  await assert.rejects(installGivenToken(pool, given, owner), /issued for another channel/);
});

test('first start: four concurrent servers make one workspace and one channel', async () => {
  const { pool, sql } = await freshPool();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const owner = await prepareDefaults(pool);
      await installGivenToken(pool, 'a_token_of_all_four_servers', owner);
    }),
  );
  const [counts] = await sql(
    `select (select count(*) from workspaces) as workspaces, (select count(*) from channels) as channels,
       (select count(*) from admins) as admins, (select count(*) from access_tokens) as tokens`,
  );
  assert.deepEqual(counts, { workspaces: 1, channels: 1, admins: 1, tokens: 1 });
});
