// The plans of typical searches, made as the role that serves requests: under forced row-level security PostgreSQL lets
// only some operators use an index, and a plan that reads a whole workspace finds the same rows, only later. So a test
// must look at the plans.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { steadyClock } from '../../base/clock.ts';
import { contactTable } from '../../core/search/contact-fields.ts';
import { conversationTable } from '../../core/search/conversation-fields.ts';
import { readQuery } from '../../core/search/query.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { findListedContacts } from './find-contacts.ts';
import { findConversations } from './find-conversations.ts';
import type { Sort } from './page.ts';
import { RowCounts } from './row-counts.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());

const CONVERSATIONS = 40_000;
const CONTACTS = 10_000;

await database.sql(`insert into workspaces (name) values ('default'), ('another')`);
await database.sql(
  `insert into contacts (workspace_id, id, role, email, custom_attributes, created_at, updated_at, created_by_signal)
   select 1 + n % 2, lpad(to_hex(n), 24, '0'), 'user', 'user' || n || '@example.com',
     case when n % 50 = 0 then jsonb_build_object('plan', 'gold') else jsonb_build_object('city', n) end,
     timestamptz '2024-01-01' + n * interval '1 hour', timestamptz '2024-01-01' + n * interval '1 hour', n
   from generate_series(1, ${CONTACTS}) as n`,
);
await database.sql(
  `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, admin_assignee_id,
     team_assignee_id, custom_attributes, tag_ids, waiting_since, snoozed_until, created_at, updated_at,
     created_by_signal)
   select 1 + n % 2, n, 1, 'c' || n, lpad(to_hex(1 + n % ${CONTACTS}), 24, '0'),
     case when n % 37 = 0 then 'open' when n % 101 = 0 then 'snoozed' else 'closed' end,
     case when n % 3 = 0 then 1 + n % 7 end, case when n % 4 = 0 then 1 + n % 9 end,
     case when n % 60 = 0 then jsonb_build_object('plan', 'gold', 'order', n)
       when n % 6 < 2 then jsonb_build_object('order', n) else '{}' end,
     case when n % 80 = 0 then '{7}'::bigint[] else '{}' end,
     case when n % 37 = 0 then at end, case when n % 101 = 0 then at + interval '1 year' end, at, at, n
   from generate_series(1, ${CONVERSATIONS}) as n
   cross join lateral (select timestamptz '2024-01-01' + n * interval '15 minutes') as t(at)`,
);
await database.sql('analyze');

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
};

const nodesOf = (node: PlanNode): readonly PlanNode[] => [
  node,
  ...(node.Plans ?? []).flatMap(nodesOf),
];

/** Counts the rows that a scan read. */
const rowsRead = (node: PlanNode): number =>
  ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) *
  (node['Actual Loops'] ?? 1);

type Statement = { readonly text: string; readonly values: unknown[] };

/** Returns the executed plans of a page and of its count, for the role `read`. */
async function plansOf(find: (connection: Connection) => Promise<unknown>): Promise<PlanNode[]> {
  return readAs(pool, 1, async (connection) => {
    const statements: Statement[] = [];
    const query = (statement: Statement) => {
      statements.push(statement);
      return connection.query(statement);
    };
    await find({ query } as unknown as Connection);
    const plans: PlanNode[] = [];
    for (const { text, values } of statements) {
      const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>({
        text: `explain (analyze, format json) ${text}`,
        values,
      });
      plans.push(rows[0]!['QUERY PLAN'][0]!.Plan);
    }
    return plans;
  });
}

const is = (field: string, value: unknown, operator = '=') => ({ field, operator, value });
const all = (...value: readonly object[]) => ({ operator: 'AND', value });
const newest: Sort = { field: 'created_at', isDescending: true };
const by = (field: string, isDescending: boolean): Sort => ({ field, isDescending });
const seconds = (day: string): number => Date.parse(day) / 1000;

const counts = new RowCounts(steadyClock);
const request = (
  condition: object | null,
  sort: Sort,
  table: typeof conversationTable | typeof contactTable,
) => ({
  condition:
    condition === null ? null : readQuery(condition, table as typeof conversationTable).condition,
  sort,
  after: null,
  offset: 0,
  rowsMax: 20,
});

const bitmapScansOf = (node: PlanNode): readonly PlanNode[] =>
  nodesOf(node).filter((one) => one['Node Type'] === 'Bitmap Index Scan');

/** Maximum of rows that a scan may read, far below the workspace's number. */
const ROWS_READ_MAX = 2_500;

function assertIndexed(plans: readonly PlanNode[], tables: readonly string[]) {
  assert.ok(plans.length > 0);
  for (const node of plans.flatMap(nodesOf)) {
    const table = node['Relation Name'];
    if (table === undefined || !tables.includes(table)) continue;
    assert.notEqual(node['Node Type'], 'Seq Scan', table);
    // What a bitmap reads is found by the index scans below it.
    const scans = node['Node Type'] === 'Bitmap Heap Scan' ? bitmapScansOf(node) : [node];
    assert.ok(scans.length > 0, table);
    for (const scan of scans) {
      assert.match(scan['Index Cond'] ?? '', /workspace_id = /, scan['Index Name']);
    }
    assert.ok(
      rowsRead(node) <= ROWS_READ_MAX,
      `${table}: ${rowsRead(node)} rows by ${node['Index Name']}`,
    );
  }
}

for (const [what, condition, sort] of [
  [
    'the open ones of a team by waiting time',
    all(is('state', 'open'), is('team_assignee_id', 5)),
    by('waiting_since', false),
  ],
  ['those of a tag', is('tag_ids', '7'), newest],
  ['those by e-mail', is('source.author.email', 'USER470@example.com'), newest],
  ['those that a contact or a teammate began', is('source.author.id', '2'), newest],
  ['those by an attribute', is('custom_attributes.plan', 'gold'), newest],
  ['one by an attribute', is('custom_attributes.order', 600), newest],
  [
    'the unassigned ones',
    all(is('open', true), is('admin_assignee_id', null), is('team_assignee_id', null)),
    newest,
  ],
  [
    'those snoozed until soon',
    is('snoozed_until', seconds('2025-01-10'), '<'),
    by('snoozed_until', false),
  ],
  ['those updated since', is('updated_at', seconds('2025-02-15'), '>'), by('updated_at', true)],
  ['those of a contact', is('contact_ids', '0000000000000000000001d7'), newest],
  ['all open ones', is('state', 'open'), newest],
  ['those of a teammate', all(is('teammate_ids', '2'), is('state', 'open')), newest],
] as const) {
  test(`plan of conversations: an index finds ${what}`, async () => {
    const plans = await plansOf((connection) =>
      findConversations(connection, 1, request(condition, sort, conversationTable), counts),
    );
    assert.equal(plans.length, 2);
    const keyTables = ['conversation_keys', 'conversations'];
    assertIndexed(plans, keyTables);
    for (const node of plans.flatMap(nodesOf)) {
      if (node['Relation Name'] !== 'contacts') continue;
      assert.ok(rowsRead(node) <= ROWS_READ_MAX, JSON.stringify(node));
    }
  });
}

for (const [what, condition, sort] of [
  ['one by e-mail', is('email', 'USER470@example.com'), newest],
  ['those by an attribute', is('custom_attributes.plan', 'gold'), newest],
  ['those updated since', is('updated_at', seconds('2025-02-10'), '>'), by('updated_at', true)],
  ['those created since', is('created_at', seconds('2025-02-10'), '>'), newest],
] as const) {
  test(`plan of contacts: an index finds ${what}`, async () => {
    const plans = await plansOf((connection) =>
      findListedContacts(connection, 1, request(condition, sort, contactTable), counts),
    );
    assertIndexed(plans, ['contact_keys', 'contacts']);
  });
}

test('plan: the first page of everything reads only the page', async () => {
  for (const sort of [newest, by('created_at', false), by('updated_at', true)]) {
    const [page] = await plansOf((connection) =>
      findConversations(connection, 1, request(null, sort, conversationTable), counts),
    );
    for (const node of nodesOf(page!)) assert.ok(rowsRead(node) <= 100, JSON.stringify(node));
  }
});
