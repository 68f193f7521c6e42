// The lists and counts of the inbox read about as many rows as they show, with the role and settings of requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { countInbox } from './counts.ts';
import { type ListOrder, listIds, type View } from './list-ids.ts';
import { readInboxRows } from './rows.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());

const ROWS = 12_000;
/** A page, or all that a teammate or a team has, for each part of the order; far below the number of rows. */
const ROWS_READ_MAX = 600;

await database.sql(`insert into workspaces (name) values ('default')`);
await database.sql(
  `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, created_at, updated_at,
     created_by_signal, waiting_since, snoozed_until, admin_assignee_id, team_assignee_id, is_priority, part_count)
   select 1, n, 1, n::text, 'c', case when n % 3 = 0 then 'open' when n % 30 = 1 then 'snoozed' else 'closed' end,
     now() + n * interval '1 s', now(), n,
     case when n % 2 = 0 then now() + n * interval '1 s' end,
     case when n % 30 = 1 then now() + n * interval '1 s' end,
     case when n % 40 = 0 then 7 end, case when n % 50 = 0 then 9 end, n % 90 = 0, 3
   from generate_series(1, ${ROWS}) as n`,
);
await database.sql(
  `insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, body, author_type, author_id,
     state, created_at, created_by_signal)
   select 1, n, m, n * 10 + m, 'comment', 'words', 'user', 'c', 'open', now(), n
   from generate_series(1, ${ROWS}) as n cross join generate_series(1, 3) as m`,
);
await database.sql('analyze');
await database.sql('vacuum conversations');

async function rowsRead(): Promise<number> {
  await database.sql('select pg_stat_force_next_flush()');
  const [row] = await database.sql<{ count: number }>(
    `select sum(seq_tup_read + idx_tup_fetch)::int as count from pg_stat_user_tables
     where relname in ('conversations', 'conversation_parts', 'seen_positions', 'contacts')`,
  );
  return row!.count;
}

/** How many rows a read takes from the tables. */
async function cost(read: (connection: Connection) => Promise<unknown>): Promise<number> {
  const before = await rowsRead();
  await readAs(pool, 1, async (connection) => {
    await read(connection);
    await connection.query('select pg_stat_force_next_flush()');
  });
  return (await rowsRead()) - before;
}

const views: readonly View[] = [
  { kind: 'all' },
  { kind: 'unassigned' },
  { kind: 'mine', adminId: 7 },
  { kind: 'team', id: 9 },
  { kind: 'channel', id: 1 },
  { kind: 'snoozed' },
  { kind: 'closed' },
  { kind: 'tag', id: 5 },
];

for (const view of views) {
  test(`lists: ${view.kind} reads a page from its index, first and in the middle`, async () => {
    for (const order of ['waiting', 'newest', 'priority'] satisfies ListOrder[]) {
      const first = { after: null, count: 50 };
      let last = null;
      await readAs(pool, 1, async (connection) => {
        const found = await listIds(connection, 1, view, order, { after: null, count: 90 });
        last = found.at(-1) ?? null;
      });
      for (const page of [first, { after: last, count: 50 }]) {
        const read = await cost((connection) => listIds(connection, 1, view, order, page));
        assert.ok(
          read <= ROWS_READ_MAX,
          `${order}, ${page.after === null ? 'first' : 'next'}: ${read}`,
        );
      }
    }
  });
}

test('rows: a page reads its conversations and their last parts', async () => {
  const ids = Array.from({ length: 50 }, (_, n) => 3 * (n + 1_000));
  const read = await cost((connection) => readInboxRows(connection, 1, 7, ids));
  assert.ok(read > 0 && read <= ROWS_READ_MAX, String(read));
});

test('counts: the open ones are counted from an index alone', async () => {
  let open = 0;
  const read = await cost(async (connection) => {
    const counts = await countInbox(connection, 1);
    open = counts.open.reduce((sum, { count }) => sum + count, 0);
  });
  assert.equal(open, ROWS / 3);
  assert.ok(read <= ROWS_READ_MAX + ROWS / 30, String(read));
});
