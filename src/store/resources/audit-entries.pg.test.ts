// The cost of each filter of the audit log in a large workspace, as the role that serves requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { type AuditFilter, listAuditEntries } from './audit-entries.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());

const PAGES_MAX = 60;

await database.sql(`insert into workspaces (name) values ('default')`);
// 40,000 entries of the everyday kind, and in their midst few of each kind that is looked for.
await database.sql(
  `insert into audit_log (workspace_id, created_at, actor_type, actor_id, action, object_type, object_id, token_id)
   select 1, now() - (40000 - n) * interval '1 minute', case when n = 100 then 'command_line' else 'admin' end,
     case when n = 200 then '9' when n <> 100 then '1' end,
     case when n = 300 then 'token.created' else 'contact.tagged' end,
     case when n = 300 then 'token' else 'contact' end, n / 5, case when n = 400 then 9 else 1 end
   from generate_series(1, 40000) as n`,
);
await database.sql('analyze audit_log');

type Plan = { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };

const all: AuditFilter = {
  objectType: null,
  objectId: null,
  actorType: null,
  actorId: null,
  action: null,
  sinceMs: null,
};

/** Runs the query of the list with its plan. */
async function planOf(connection: Connection, filter: AuditFilter): Promise<Plan> {
  let plan: Plan | undefined;
  const explained = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const result = await connection.query(
        `explain (analyze, buffers, format json) ${text}`,
        values,
      );
      plan = result.rows[0]['QUERY PLAN'][0].Plan;
      return { rows: [] };
    },
  } as unknown as Connection;
  await listAuditEntries(explained, 1, filter, { beforeId: null, count: 21 });
  return plan!;
}

const filters: readonly [string, Partial<AuditFilter>, number][] = [
  ['none', {}, 21],
  ['a type of objects', { objectType: 'token' }, 1],
  ['an object', { objectType: 'contact', objectId: '7000' }, 5],
  ['a type of actors', { actorType: 'command_line' }, 1],
  ['an actor', { actorType: 'admin', actorId: '9' }, 1],
  ['a token', { actorType: 'token', actorId: '9' }, 1],
  ['an action', { action: 'token.created' }, 1],
  ['an unknown action', { action: 'nothing' }, 0],
  ['a time', { sinceMs: Date.now() - 150_000 }, 3],
  ['a time to come', { sinceMs: Date.now() + 86_400_000 }, 0],
];

for (const [name, filter, count] of filters) {
  test(`audit log: reads a few pages of 40,000 entries by ${name}`, async () => {
    await readAs(pool, 1, async (connection) => {
      const page = { beforeId: null, count: 21 };
      const found = await listAuditEntries(connection, 1, { ...all, ...filter }, page);
      assert.equal(found.length, count);
      const plan = await planOf(connection, { ...all, ...filter });
      const pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
      assert.ok(pages < PAGES_MAX, `${pages} pages`);
    });
  });
}
