// The cost of finding the conversations of a contact in a large workspace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { addressesStatement, lastConversationStatement } from './conversation-address.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());

await database.sql(
  `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, other_contact_ids, state,
     created_at, updated_at, created_by_signal)
   select 1, n, 1, n, 'contact ' || n / 3, case when n = 20 then array['contact 7'] else '{}' end,
     case when n = 22 then 'closed' else 'open' end, now(), now(), n from generate_series(1, 30000) as n`,
);
// As autovacuum does within a minute: without statistics any index of the workspace looks as good.
await database.sql('analyze conversations');

type Plan = { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };

for (const [statement, expected] of [
  [lastConversationStatement, [23]],
  [addressesStatement(false), [23, 21, 20]],
  [addressesStatement(true), [23, 21, 20, 22]],
] as const) {
  test(`${statement.name}: reads a few pages of 30,000 conversations`, async () => {
    const result = await readAs(pool, 1, async (connection) => {
      await connection.query(`prepare it (bigint, text) as ${statement.text}`);
      const { rows: found } = await connection.query(`execute it (1, 'contact 7')`);
      const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(
        `explain (analyze, buffers, format json) execute it (1, 'contact 7')`,
      );
      await connection.query('deallocate it');
      return { found, plan: rows[0]!['QUERY PLAN'][0]!.Plan };
    });
    assert.deepEqual(
      result.found.map(({ id }) => id),
      expected,
    );
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = result.plan;
    assert.ok(hit + read < 50, `${hit + read} pages`);
  });
}
