// The plans of delivery are made once and kept: on tables of any age they must reach every row by an index that leads
// straight to it. A plan that reads a workspace and filters gives the same answers, so only a look at it can tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { openPool } from '../database/pool.ts';
import { claimStatement } from './delivery-claim.ts';
import { settleStatements } from './delivery-settle.ts';

const database = await openTestDatabase();

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
};

/** Columns of which one set must be in the condition of every scan. */
const keys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  delivery_lanes: [
    ['workspace_id', 'conversation_id'],
    ['workspace_id', 'channel_id', 'due_at'],
  ],
  delivery_resends: [['workspace_id', 'conversation_id', 'sequence']],
  outbound_events: [['workspace_id', 'conversation_id', 'sequence']],
  delivery_attempts: [['workspace_id', 'conversation_id', 'sequence']],
  dead_letters: [['workspace_id', 'conversation_id', 'sequence']],
};
/** Has a row for each channel, and is not read from end to end more often than a receiver says 410. */
const smallTable = 'channel_callbacks';

const scansOf = (node: PlanNode): readonly PlanNode[] => [
  ...(node['Relation Name'] !== undefined && node['Node Type'] !== 'ModifyTable' ? [node] : []),
  ...(node.Plans ?? []).flatMap(scansOf),
];

/** On a connection of its own: an older one remembers how high the trees of the indexes once were. */
async function freshPlan(text: string, values: string): Promise<PlanNode> {
  const pool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
  try {
    const connection = await pool.connect();
    await connection.query(`prepare delivery as ${text}`);
    const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
      `explain (format json) execute delivery (${values})`,
    );
    connection.release();
    return rows[0]!['QUERY PLAN'][0]!.Plan;
  } finally {
    await pool.end();
  }
}

async function assertKeys(): Promise<void> {
  for (const [{ name, text }, values, scansMin] of [
    [claimStatement, `'[]', 'lease', 16, 65536`, 5],
    [settleStatements.plain, `'[]'`, 2],
    [settleStatements.withExceptions, `'[]'`, 5],
  ] as const) {
    const scans = scansOf(await freshPlan(text, values));
    assert.ok(scans.length >= scansMin, `${name}: ${scans.length} scans`);
    for (const scan of scans) {
      const table = scan['Relation Name']!;
      if (table === smallTable) continue;
      const condition = scan['Index Cond'] ?? '(none)';
      const isFull = keys[table]!.some((columns) =>
        columns.every((column) => condition.includes(`(${column} `)),
      );
      assert.match(scan['Node Type'], /^Index (Only )?Scan$/, `${name} ${table}`);
      assert.ok(isFull, `${name}: ${table} is reached by ${condition}`);
    }
  }
}

const addRows = (count: number) =>
  database.sql(
    `with n as (select generate_series(1, $1::int) as n),
       l as (insert into delivery_lanes
         (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
         select 1, n + (select count(*) from delivery_lanes), 1, 1, 1, now() from n),
       a as (insert into delivery_attempts select 1, n, 1, now(), 1, 200, 'delivered', 1, '' from n),
       r as (insert into delivery_resends (workspace_id, conversation_id, sequence)
         select 1, n + (select count(*) from delivery_lanes), 1 from n),
       d as (insert into dead_letters
         select 1, n + (select count(*) from delivery_lanes), 1, 1, '' from n)
     insert into outbound_events
     select 1, n + (select count(*) from delivery_lanes), 1, 1, 'new_message', '{}', 1, now() from n`,
    [count],
  );

for (const count of [0, 1, 200, 4000]) {
  test(`delivery: planned on tables with ${count} more rows without statistics, every row is reached by its key`, async () => {
    await addRows(count);
    await assertKeys();
  });
}

test('delivery: planned with statistics, every row is reached by its key', async () => {
  await database.sql('analyze');
  await assertKeys();
});
