// The cost of finding the last conversation of a contact in a large workspace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { lastConversationStatement } from './conversation-address.ts';

const database = await openTestDatabase();

type Plan = { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };

test('last conversation: is found among 30,000 by reading a few pages', async (context) => {
  await database.sql(
    `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, created_at,
       updated_at, created_by_signal)
     select 1, n, 1, n, 'contact ' || n / 3, 'open', now(), now(), n from generate_series(1, 30000) as n`,
  );
  // As autovacuum does within a minute: without statistics any index of the workspace looks as good.
  await database.sql('analyze conversations');
  const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
  context.after(() => pool.end());
  const { text } = lastConversationStatement;
  const result = await readAs(pool, 1, async (connection) => {
    await connection.query(`prepare last (bigint, text) as ${text}`);
    const { rows: found } = await connection.query(`execute last (1, 'contact 7')`);
    const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(
      `explain (analyze, buffers, format json) execute last (1, 'contact 7')`,
    );
    return { found, plan: rows[0]!['QUERY PLAN'][0]!.Plan };
  });
  assert.deepEqual(
    result.found.map(({ id }) => id),
    [23],
  );
  const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = result.plan;
  assert.ok(hit + read < 30, `${hit + read} pages`);
});
