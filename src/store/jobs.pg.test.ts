// Claims of jobs: who gets how many, that no two servers get the same, and what they cost when much has piled up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { openPool } from '../database/pool.ts';
import { type Claim, claimJobs, claimJobsSql, postponeJob } from './jobs.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'engine', { max: 4, onError: () => {} });
atEnd(() => pool.end());

const nowMs = 1_795_000_000_000;
const content = { url: 'https://example.com', timeoutMs: 2_000, retryDelaysMs: [] };

/** Jobs of a channel, one due every second until now. */
const addJobs = (workspaceId: number, channelId: number, count: number) =>
  database.sql(
    `insert into jobs (workspace_id, id, conversation_id, channel_id, kind, content, due_at, created_at)
     select $1, $2::bigint * 1000000 + n, n, $2, 'call_webhook', $4, from_ms($5::bigint - n * 1000), now()
     from generate_series(0, $3::bigint - 1) as n`,
    [workspaceId, channelId, count, content, nowMs],
  );
const clear = () => database.sql('truncate jobs');

const claim = (fields: Partial<Claim> = {}) =>
  claimJobs(pool, {
    nowMs,
    leaseMarginMs: 30_000,
    limit: 100,
    perChannelMax: 10,
    loads: [],
    ...fields,
  });

/** How many of each channel. */
function share(jobs: readonly { readonly workspaceId: number; readonly channelId: number }[]) {
  const counts: Record<string, number> = {};
  for (const { workspaceId, channelId } of jobs) {
    const key = `${workspaceId}/${channelId}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

test('claim: several channels, of each the oldest that it has room for', async () => {
  await clear();
  for (const [workspace, channel] of [
    [1, 1],
    [1, 2],
    [2, 1],
  ] as const) {
    await addJobs(workspace, channel, 30);
  }
  const loads = [
    { workspaceId: 1, channelId: 1, running: 10 },
    { workspaceId: 1, channelId: 2, running: 7 },
  ];
  const jobs = await claim({ loads });
  assert.deepEqual(share(jobs), { '1/2': 3, '2/1': 10 });
  const ids = jobs.filter(({ channelId }) => channelId === 2).map(({ id }) => id);
  assert.deepEqual(ids.toSorted(), [2_000_027, 2_000_028, 2_000_029]);
  assert.ok(
    jobs.every(({ attempt, leaseEndsAt }) => attempt === 1 && leaseEndsAt === nowMs + 32_000),
  );
});

test('claim: less room than work, channels with less under way come first', async () => {
  await clear();
  for (const channel of [1, 2, 3]) await addJobs(1, channel, 30);
  const loads = [{ workspaceId: 1, channelId: 1, running: 4 }];
  assert.deepEqual(share(await claim({ loads, limit: 8 })), { '1/2': 4, '1/3': 4 });
});

test('claim: many at once, nobody gets what another has, and what is not due stays', async () => {
  await clear();
  await addJobs(1, 1, 100);
  await database.sql(`update jobs set due_at = from_ms($1) where id % 4 = 0`, [nowMs + 1]);
  const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));
  const ids = claims.flat().map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (let more = await claim(); more.length > 0; more = await claim()) {
    ids.push(...more.map(({ id }) => id));
  }
  assert.equal(new Set(ids).size, 75);
  assert.equal(ids.length, 75);
});

test('claim: a lease that ended and was taken by another, the first can move nothing any more', async () => {
  await clear();
  await addJobs(1, 1, 1);
  const [first] = await claim();
  assert.deepEqual(await claim({ nowMs: nowMs + 31_999 }), []);
  const [second] = await claim({ nowMs: nowMs + 32_000 });
  assert.equal(second!.attempt, 2);
  await postponeJob(pool, first!, nowMs);
  assert.deepEqual(await claim(), []);
  await postponeJob(pool, second!, nowMs);
  assert.equal((await claim()).length, 1);
});

type PlanNode = { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };

test('claim: a channel with 50,000 due jobs and no room, they are not looked at', async () => {
  await clear();
  const connection = await pool.connect();
  await connection.query(`prepare claim as ${claimJobsSql}`);
  // Planned while the table is empty, as it is on a young server.
  await connection.query(`execute claim ('[]', ${nowMs}, 10, 100, 30000)`);
  await addJobs(1, 1, 50_000);
  await addJobs(1, 2, 3);
  const loads = JSON.stringify([{ workspaceId: 1, channelId: 1, running: 10 }]);
  const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `explain (analyze, buffers, format json) execute claim ('${loads}', ${nowMs}, 10, 100, 30000)`,
  );
  connection.release();
  const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = rows[0]!['QUERY PLAN'][0]!.Plan;
  assert.ok(hit + read < 150, `${hit + read} pages`);
  const [row] = await database.sql<{ count: number }>(
    'select count(*) as count from jobs where attempt = 1 and channel_id = 2',
  );
  assert.equal(row!.count, 3);
});
