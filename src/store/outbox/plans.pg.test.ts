// The query plans of delivery are made once and kept: on tables of any age they must reach every row by an index that
// leads straight to it. A plan that reads a workspace and filters gives the same rows, so only its test notices it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { claimStatement, dueChannelsStatement } from './claim.ts';
import { settleStatements } from './settle.ts';

const database = await openTestDatabase();

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
};

/** Sets of columns, one of which must be in the condition of every scan. */
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
const scansOf = (node: PlanNode): readonly PlanNode[] => [
  ...(node['Relation Name'] !== undefined && node['Node Type'] !== 'ModifyTable' ? [node] : []),
  ...(node.Plans ?? []).flatMap(scansOf),
];

const statements = [
  [claimStatement, `'[]', 'lease', 16, 65536, 256`, 5],
  [settleStatements.plain, `'[]'`, 2],
  [settleStatements.withExceptions, `'[]'`, 5],
] as const;

async function planOf(
  connection: Connection,
  { name }: { name: string },
  values: string,
): Promise<PlanNode> {
  const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `explain (format json) execute ${name}${values === '' ? '' : `(${values})`}`,
  );
  return rows[0]!['QUERY PLAN'][0]!.Plan;
}

/** Plans on a new connection: an older one remembers the former heights of the index trees. */
async function withConnection(
  { target }: TestDatabase,
  use: (connection: Connection) => Promise<void>,
): Promise<void> {
  const pool = openPool(target, 'delivery', { max: 1, onError: () => {} });
  const connection = await pool.connect();
  try {
    await use(connection);
  } finally {
    connection.release();
    await pool.end();
  }
}

const assertKeys = () =>
  withConnection(database, async (connection) => {
    for (const [statement, values, scansMin] of statements) {
      await connection.query(`prepare ${statement.name} as ${statement.text}`);
      assertPlan(statement.name, await planOf(connection, statement, values), scansMin);
    }
  });

function assertPlan(name: string, plan: PlanNode, scansMin: number): void {
  const scans = scansOf(plan);
  assert.ok(scans.length >= scansMin, `${name}: ${scans.length} scans`);
  for (const scan of scans) {
    const table = scan['Relation Name']!;
    const condition = scan['Index Cond'] ?? '(none)';
    const isFull = keys[table]!.some((columns) =>
      columns.every((column) => condition.includes(`(${column} `)),
    );
    assert.match(scan['Node Type'], /^Index (Only )?Scan$/, `${name} ${table}`);
    assert.ok(isFull, `${name}: ${table} is reached by ${condition}`);
  }
}

const addRows = (count: number, to = database) =>
  to.sql(
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

test('delivery plans: every row is reached by its key, with statistics', async () => {
  await database.sql('analyze');
  await assertKeys();
});

test('delivery plans: every row is reached by its key after tables were filled', async () => {
  const fresh = await openTestDatabase();
  await fresh.sql('analyze');
  await withConnection(fresh, async (connection) => {
    for (const [{ name, text }, values] of statements) {
      await connection.query(`prepare ${name} as ${text}`);
      for (let count = 0; count < 6; count += 1) {
        await connection.query(`execute ${name} (${values})`);
      }
    }
    await addRows(10_000, fresh);
    for (const [statement, values, scansMin] of statements) {
      assertPlan(statement.name, await planOf(connection, statement, values), scansMin);
    }
  });
});

test('delivery plans: due channels are found by the index of due lanes alone', async () => {
  await withConnection(database, async (connection) => {
    const { name, text } = dueChannelsStatement;
    await connection.query(`prepare ${name} as ${text}`);
    const scans = scansOf(await planOf(connection, dueChannelsStatement, ''));
    assert.deepEqual(
      scans.map((scan) => scan['Index Name']),
      Array(3).fill('delivery_lanes_due'),
    );
    // The first step begins at the start of the index; each later one at a key.
    assert.ok(scans.slice(1).every((scan) => scan['Index Cond'] !== undefined));
  });
});
