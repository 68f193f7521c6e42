// The engine's query plans are made once and kept: on tables of any age they must reach every row by its full key. A
// plan that reads a workspace and filters gives the same rows, so only a test of the plans notices it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { loadStatements } from './load.ts';

const database = await openTestDatabase();

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
};

/** The columns that identify one row, by table; either set is enough. */
const keys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  channel_events: [['workspace_id', 'event_id']],
  contacts: [
    ['workspace_id', 'id'],
    ['workspace_id', 'external_id'],
    ['workspace_id', 'email_key'],
  ],
  conversations: [['workspace_id', 'channel_id', 'external_id']],
  conversation_parts: [['workspace_id', 'conversation_id', '"position"']],
  quick_reply_options: [['workspace_id', 'conversation_id', 'option_id']],
  attribute_requests: [['workspace_id', 'conversation_id', 'attribute_id']],
  email_guards: [['workspace_id', 'email_hash']],
  data_attributes: [['workspace_id', 'name']],
  idempotency_effects: [['workspace_id', 'key_id', 'step']],
};

const scansOf = (node: PlanNode): readonly PlanNode[] => [
  ...(node['Relation Name'] === undefined ? [] : [node]),
  ...(node.Plans ?? []).flatMap(scansOf),
];

/** Plans on a new connection: an older one remembers the former heights of the index trees. */
async function freshPlan(text: string, parameters: number): Promise<PlanNode> {
  const pool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
  try {
    const connection = await pool.connect();
    await connection.query(`prepare load as ${text}`);
    const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
      `explain (format json) execute load (${Array(parameters).fill(`'{}'`).join(', ')})`,
    );
    connection.release();
    return rows[0]!['QUERY PLAN'][0]!.Plan;
  } finally {
    await pool.end();
  }
}

async function assertFullKeys(): Promise<void> {
  for (const [statement, parameters] of [
    [loadStatements.plain, 10],
    [loadStatements.withPrompts, 26],
    [loadStatements.withContacts, 33],
    [loadStatements.withEffects, 37],
  ] as const) {
    const scans = scansOf(await freshPlan(statement.text, parameters));
    assert.ok(scans.length >= 4, statement.name);
    for (const scan of scans) {
      const table = scan['Relation Name']!;
      const condition = scan['Index Cond'] ?? '(none)';
      const isFull = keys[table]!.some((columns) =>
        columns.every((column) => condition.includes(`(${column} `)),
      );
      assert.match(scan['Node Type'], /^Index (Only )?Scan$/, `${statement.name} ${table}`);
      assert.ok(isFull, `${statement.name}: ${table} is reached by ${condition}`);
    }
  }
}

/** Adds rows without ANALYZE, as before autovacuum runs. */
const addRows = (count: number) =>
  database.sql(
    `with numbers as (select generate_series(1, $1::int) as n),
       e as (insert into channel_events
         select 1, gen_random_uuid(), '\\x00', n, n, n, now() from numbers),
       c as (insert into contacts (workspace_id, id, role, external_id, created_at, updated_at,
           created_by_signal)
         select 1, gen_random_uuid(), 'user', gen_random_uuid(), now(), now(), n from numbers),
       r as (insert into attribute_requests
         select 1, n, gen_random_uuid() from numbers)
     insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state,
       created_at, updated_at, created_by_signal)
     select 1, n + (select count(*) from conversations), 1, gen_random_uuid(), n, 'open', now(), now(), n
     from numbers`,
    [count],
  );

test('engine load: every row is reached by its key, planned on empty tables', () =>
  assertFullKeys());

// With 200 rows the index of external ids is higher than the primary key: the planner might choose badly.
for (const count of [1, 199, 400, 4000]) {
  test(`engine load: planned ${count} rows later without statistics, every row is reached by its full key`, async () => {
    await addRows(count);
    await assertFullKeys();
  });
}

test('engine load: every row is reached by its key, planned with statistics', async () => {
  await database.sql('analyze');
  await assertFullKeys();
});

test('engine load: every row is reached by its key after tables were emptied', async () => {
  await database.sql('truncate channel_events, contacts, conversations, attribute_requests');
  await database.sql('analyze');
  await addRows(4000);
  await assertFullKeys();
});
