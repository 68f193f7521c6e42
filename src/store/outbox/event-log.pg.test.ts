// The order of the log: settled and unsettled events, cursors, page limits, and the offset after a restore.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addConversation,
  addEvent,
  connectAsEngine,
  type LoggedConversation,
} from '../../../test/e2e/event-log-rows.ts';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { prepareDefaults } from '../tenancy/first-start.ts';
import {
  beginningOfLog,
  findEndOfLog,
  findEvent,
  idOfRow,
  type LogPosition,
  type LogScope,
  pageStatements,
  raiseLogOffset,
  readEvents,
  walkIndexes,
} from './event-log.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 4, onError: () => {} });
const adminPool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
afterAll(() => Promise.all([pool.end(), adminPool.end()]));
await prepareDefaults(adminPool);

/** Adds a separate channel for a test. */
async function makeChannel(name: string) {
  const [row] = await database.sql<{ id: number }>(
    'insert into channels (workspace_id, name) values (1, $1) returning id',
    [name],
  );
  return { workspaceId: 1, channelId: row!.id };
}

const scopeOf = ({ workspaceId, channelId }: { workspaceId: number; channelId: number }) => ({
  workspaceId,
  channelId,
  conversationId: null,
});

const read = (scope: LogScope, after: LogPosition, bounds = { limit: 1000, bytesMax: 1e9 }) =>
  readAs(pool, scope.workspaceId, (connection) => readEvents(connection, scope, after, bounds));

/** Waits until so many events are settled; open transactions of other tests in the cluster delay that. */
async function readSettled(scope: LogScope, count: number) {
  for (;;) {
    const page = await read(scope, beginningOfLog);
    if (page.rows.length >= count) return page;
  }
}

test('log: later events are hidden until an earlier transaction ends', async () => {
  const channel = await makeChannel('held');
  const scope = scopeOf(channel);
  const [early, late] = [
    await addConversation(database, channel),
    await addConversation(database, channel),
  ];
  const holder = await connectAsEngine(database);
  await holder.query('begin');
  const first = await addEvent(holder, early);
  const second = await addEvent(database, late);
  const held = await read(scope, beginningOfLog);
  assert.deepEqual(held.rows, []);
  assert.equal(held.hasUnsettled, true);
  const whole = await read({ ...scope, conversationId: late.conversationId }, beginningOfLog);
  assert.deepEqual(whole.rows, []);
  await holder.query('commit');
  await holder.end();
  const { rows } = await readSettled(scope, 2);
  assert.deepEqual(rows.map(idOfRow), [first, second]);
  const later = await read(scope, held.end);
  assert.deepEqual(later.rows.map(idOfRow), [first, second]);
});

test('log: a reader beside many writers sees every event once and in order', async () => {
  const channel = await makeChannel('busy');
  const scope = scopeOf(channel);
  const written: string[] = [];
  const writers = Array.from({ length: 5 }, async (_, writer) => {
    const client = await connectAsEngine(database);
    const conversation = await addConversation(database, channel);
    for (let round = 0; round < 25; round += 1) {
      await client.query('begin');
      const ids = [await addEvent(client, conversation)];
      // Some commit long after they took their position, and some roll back.
      if (writer > 2) await client.query('select pg_sleep($1)', [writer * 0.003]);
      ids.push(await addEvent(client, conversation));
      const isKept = (round + writer) % 6 > 0;
      if (!isKept) conversation.sequence -= 2;
      await client.query(isKept ? 'commit' : 'rollback');
      if (isKept) written.push(...ids);
    }
    await client.end();
  });
  let isWriting = true;
  const seen: string[] = [];
  const reader = (async () => {
    for (let place: LogPosition = beginningOfLog; isWriting || seen.length < written.length; ) {
      const page = await read(scope, place, { limit: 7, bytesMax: 1e6 });
      seen.push(...page.rows.map(idOfRow));
      place = page.end;
    }
  })();
  await Promise.all(writers);
  isWriting = false;
  await reader;
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(seen.toSorted(), written.toSorted());
  const { rows } = await read(scope, beginningOfLog);
  assert.deepEqual(rows.map(idOfRow), seen);
  const lastOf = new Map<number, number>();
  for (const { conversationId, sequence } of rows) {
    assert.equal(sequence, (lastOf.get(conversationId) ?? 0) + 1);
    lastOf.set(conversationId, sequence);
  }
});

test('log: pages are bounded by count and bytes and leave nothing out', async () => {
  const channel = await makeChannel('pages');
  const scope = scopeOf(channel);
  const conversation = await addConversation(database, channel);
  const sizes = [10, 5000, 10, 10, 9000, 10];
  const ids: string[] = [];
  for (const size of sizes) ids.push(await addEvent(database, conversation, 'x'.repeat(size)));
  await readSettled(scope, ids.length);
  for (const bounds of [
    { limit: 2, bytesMax: 1e6 },
    { limit: 100, bytesMax: 1 },
    { limit: 100, bytesMax: 6000 },
  ]) {
    for (const conversationId of [null, conversation.conversationId]) {
      const seen: string[] = [];
      let pages = 0;
      for (let place: LogPosition = beginningOfLog, isMore = true; isMore; pages += 1) {
        const page = await read({ ...scope, conversationId }, place, bounds);
        const bytes = page.rows.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
        assert.ok(page.rows.length === 1 || bytes <= bounds.bytesMax);
        assert.ok(page.rows.length > 0 && page.rows.length <= bounds.limit);
        seen.push(...page.rows.map(idOfRow));
        place = page.end;
        isMore = page.hasMore;
      }
      assert.deepEqual(seen, ids);
      assert.equal(pages, bounds.bytesMax === 1 ? 6 : 3);
    }
  }
});

test('cursor: ids that are unknown or of another channel find nothing', async () => {
  const [here, there] = [await makeChannel('here'), await makeChannel('there')];
  const conversation = await addConversation(database, here);
  const other = await addConversation(database, there);
  const id = await addEvent(database, conversation);
  const foreign = await addEvent(database, other);
  const find = (scope: LogScope, wanted: string) =>
    readAs(pool, 1, (connection) => findEvent(connection, scope, wanted));
  assert.equal((await find(scopeOf(here), id))?.sequence, 1);
  assert.equal((await find(scopeOf(here), id.toUpperCase()))?.sequence, 1);
  const sameRowOtherTime = `00000000-0001-${id.slice(14)}`;
  const inOther = { ...scopeOf(here), conversationId: other.conversationId };
  for (const [scope, wanted] of [
    [scopeOf(here), foreign],
    [scopeOf(here), sameRowOtherTime],
    [scopeOf(here), 'nonsense'],
    [scopeOf(there), id],
    [inOther, id],
  ] as const) {
    assert.equal(await find(scope, wanted), null, wanted);
  }
});

test('end of the log: is after the newest settled event of the scope', async () => {
  const channel = await makeChannel('end');
  const scope = scopeOf(channel);
  const end = (one: LogScope) => readAs(pool, 1, (connection) => findEndOfLog(connection, one));
  assert.equal((await end(scope)).newest, null);
  const [one, two]: [LoggedConversation, LoggedConversation] = [
    await addConversation(database, channel),
    await addConversation(database, channel),
  ];
  const first = await addEvent(database, one);
  const second = await addEvent(database, two);
  await readSettled(scope, 2);
  const found = await end(scope);
  assert.equal(idOfRow(found.newest!), second);
  const ofOne = await end({ ...scope, conversationId: one.conversationId });
  assert.equal(idOfRow(ofOne.newest!), first);
  const third = await addEvent(database, one);
  await readSettled(scope, 3);
  assert.deepEqual((await read(scope, found.end)).rows.map(idOfRow), [third]);
});

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
};

const logScansOf = (node: PlanNode): string[] => [
  ...(node['Relation Name'] === 'outbound_events'
    ? [`${node['Node Type']} ${node['Index Name'] ?? ''}`]
    : []),
  ...(node.Plans ?? []).flatMap(logScansOf),
];

async function plannedScans(kind: 'channel' | 'conversation'): Promise<string[]> {
  return readAs(pool, 1, async (connection) => {
    await connection.query(walkIndexes);
    await connection.query('set local plan_cache_mode = force_generic_plan');
    await connection.query(`prepare page_${kind} as ${pageStatements[kind].text}`);
    const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
      `explain (format json) execute page_${kind} (1, 1, 1, 1, 1, 1, 100, 1000)`,
    );
    await connection.query(`deallocate page_${kind}`);
    return logScansOf(rows[0]!['QUERY PLAN'][0]!.Plan);
  });
}

test('log: reads follow the index of its order, with and without statistics', async () => {
  await database.sql(
    `insert into outbound_events
     select 1, 100000 + n / 5, 1 + n % 5, 1, 'new_message', '{}', n, now() from generate_series(1, 20000) as n`,
  );
  for (const statement of ['select 1', 'analyze outbound_events']) {
    await database.sql(statement);
    for (const [kind, index] of [
      ['channel', 'outbound_events_position'],
      ['conversation', 'outbound_events_pkey'],
    ] as const) {
      const scans = await plannedScans(kind);
      assert.equal(scans.length, 2, scans.join());
      for (const scan of scans) assert.match(scan, /^Index (Only )?Scan /);
      assert.ok(
        scans.some((scan) => scan.endsWith(index)),
        scans.join(),
      );
    }
  }
  await database.sql('delete from outbound_events where conversation_id >= 100000');
});

test('positions: the offset is raised once after a restore', async () => {
  const channel = await makeChannel('restored');
  const scope = scopeOf(channel);
  const conversation = await addConversation(database, channel);
  const old = await addEvent(database, conversation);
  await readSettled(scope, 1);
  assert.equal(await raiseLogOffset(adminPool), false);
  await database.sql('update outbound_events set position = position + 1000000000');
  assert.deepEqual((await read(scope, beginningOfLog)).rows, []);
  const racing = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  const raised = await Promise.all([raiseLogOffset(adminPool), raiseLogOffset(racing)]);
  await racing.end();
  assert.deepEqual(raised.toSorted(), [false, true]);
  assert.equal(await raiseLogOffset(adminPool), false);
  const fresh = await addEvent(database, conversation);
  const { rows } = await readSettled(scope, 2);
  assert.deepEqual(rows.map(idOfRow), [old, fresh]);
});
