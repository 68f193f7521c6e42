// The plans of the list of deliveries, made as the role that serves requests: each page reads no more rows than it
// examines, however long the log and the queue are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { isThorough } from '../../../test/support/thoroughness.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { readBacklogsOf } from './backlog.ts';
import { type DeliveryQuery, findDeliveries, listChannelIds } from './deliveries.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());

const EVENTS = isThorough ? 1_000_000 : 30_000;
const PAGE = 20;
const EXAMINED_MAX = 5_000;

await database.sql(`insert into workspaces (name) values ('default'), ('another')`);
await database.sql(
  `insert into channels (workspace_id, name)
   select w, 'channel ' || n from generate_series(1, 2) w, generate_series(1, 3) n`,
);
const [{ first }] = (await database.sql(
  'select min(id)::int as first from channels where workspace_id = 1',
)) as [{ first: number }];
// Ten events for each conversation, of which a hundredth waits, and another hundredth is dead.
await database.sql(
  `insert into outbound_events (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
   select 1 + c % 2, c, s, $1 + c % 3, case when c % 1000 = 0 then 'rare' else 'new_message' end, '{"text": "Hello"}',
     c * 10 + s, timestamptz '2026-01-01' + c * interval '1 minute'
   from generate_series(1, $2::int / 10) c, generate_series(1, 10) s`,
  [first, EVENTS],
);
await database.sql(
  `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
   select 1 + c % 2, c, $1 + c % 3, case when c % 10 = 0 then 10 else 11 end, 10,
     case when c % 10 = 0 then now() + c * interval '1 second' end
   from generate_series(1, $2::int / 10) c`,
  [first, EVENTS],
);
await database.sql(
  `insert into delivery_attempts
   select 1 + c % 2, c, s, now(), $1 + c % 3, 200, 'delivered', 5, 'ok'
   from generate_series(1, $2::int / 10) c, generate_series(1, 10) s`,
  [first, EVENTS],
);
await database.sql(
  `insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason, parked_at, discarded_at)
   select 1 + c % 2, c, 1, $1 + c % 3, 'status 422', now() - c * interval '1 second',
     case when c % 50 = 0 then now() end
   from generate_series(10, $2::int / 10, 10) c`,
  [first, EVENTS],
);
await database.sql(
  `insert into delivery_resends (workspace_id, conversation_id, sequence)
   select 1 + c % 2, c, 2 from generate_series(10, $1::int / 10, 10) c`,
  [EVENTS],
);
await database.sql('analyze');

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
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

/** Runs queries, and explains each of them as it ran. @returns the scans of tables, and the time that all took. */
async function scansOf(use: (connection: Connection) => Promise<unknown>) {
  return readAs(pool, 1, async (connection) => {
    const plans: { Plan: PlanNode; 'Execution Time': number }[] = [];
    const query = async (asked: string | { text: string; values: unknown[] }, more?: unknown[]) => {
      const statement = typeof asked === 'string' ? { text: asked, values: more ?? [] } : asked;
      if (!statement.text.trimStart().startsWith('set ')) {
        const explained = await connection.query(
          `explain (analyze, format json) ${statement.text}`,
          statement.values,
        );
        plans.push(explained.rows[0]['QUERY PLAN'][0]);
      }
      return connection.query(statement.text, statement.values);
    };
    await use({ query } as unknown as Connection);
    const scans = plans
      .flatMap(({ Plan }) => nodesOf(Plan))
      .filter((node) => node['Relation Name'] !== undefined);
    const ms = plans.reduce((sum, plan) => sum + plan['Execution Time'], 0);
    return { scans, ms };
  });
}

const all: Omit<DeliveryQuery, 'channelIds'> = {
  workspaceId: 1,
  conversationId: null,
  state: null,
  eventName: null,
  sinceMs: null,
  untilMs: null,
  after: null,
  count: PAGE,
};
const middle = Date.parse('2026-01-01') + (EVENTS / 20) * 60_000;

for (const [name, query, rowsMax] of [
  ['everything', {}, 4 * PAGE],
  ['waiting', { state: 'waiting' }, 4 * PAGE],
  ['given up', { state: 'given_up' }, 4 * PAGE],
  ['resending', { state: 'resending' }, EXAMINED_MAX],
  ['discarded', { state: 'discarded' }, EXAMINED_MAX],
  ['delivered', { state: 'delivered' }, 3 * EXAMINED_MAX],
  ['by a rare name', { eventName: 'rare' }, 3 * EXAMINED_MAX],
  ['until a time', { untilMs: middle }, 3 * EXAMINED_MAX],
  ['of a conversation', { conversationId: 4 }, EXAMINED_MAX],
  [
    'of a later page',
    { after: { place: EVENTS / 2, conversationId: EVENTS / 20, sequence: 5 } },
    4 * PAGE,
  ],
] as const) {
  test(`deliveries, ${name}: a page reads a bounded number of rows by indexes`, async (t) => {
    const { scans, ms } = await scansOf(async (connection) => {
      const channelIds = await listChannelIds(connection, 1);
      await findDeliveries(connection, { ...all, ...query, channelIds });
    });
    const ofTables = scans.filter((scan) => scan['Relation Name'] !== 'channels');
    assert.ok(ofTables.length > 0);
    for (const scan of ofTables) {
      const table = scan['Relation Name']!;
      if (table !== 'channel_callbacks') {
        assert.match(scan['Node Type'], /^Index (Only )?Scan$/, `${table} by ${scan['Node Type']}`);
      }
      assert.ok(rowsRead(scan) <= rowsMax + 10, `${table}: ${rowsRead(scan)} rows`);
    }
    t.diagnostic(`${EVENTS} events: ${ms.toFixed(1)} ms`);
  });
}

test('backlogs: of a workspace count its waiting lanes alone', async (t) => {
  await database.sql(
    `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed)
     select workspace_id, id, 'https://example.com', '\\x00' from channels`,
  );
  const { scans, ms } = await scansOf((connection) => readBacklogsOf(connection, 1, null));
  const lanes = scans.filter((scan) => scan['Relation Name'] === 'delivery_lanes');
  assert.ok(lanes.length > 0);
  for (const scan of lanes) assert.ok(rowsRead(scan) <= EVENTS / 100);
  t.diagnostic(`${EVENTS} events: ${ms.toFixed(1)} ms`);
});
