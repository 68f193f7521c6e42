// Claims of jobs: fair among channels, exclusive between servers, by the database's clock, and cheap however many jobs
// wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { type Claim, claimJobs, claimJobsSql, postponeJob, releaseJobs } from './jobs.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'engine', { max: 4, onError: () => {} });
afterAll(() => pool.end());

const content = { url: 'https://example.com', timeoutMs: 2_000, retryDelaysMs: [] };

/** Adds jobs of a channel, one due every second until now. */
const addJobs = (workspaceId: number, channelId: number, count: number) =>
  database.sql(
    `insert into jobs (workspace_id, id, conversation_id, channel_id, kind, content, due_at, created_at)
     select $1, $2::bigint * 1000000 + n, n, $2, 'call_webhook', $4, now() - n * interval '1 second', now()
     from generate_series(0, $3::bigint - 1) as n`,
    [workspaceId, channelId, count, content],
  );
/** Lets time pass for every job. */
const letPass = (ms: number) =>
  database.sql(`update jobs set due_at = due_at - $1::integer * interval '1 millisecond'`, [ms]);
/** Returns the seconds until a job is due, rounded to two. */
async function restSeconds(id: number): Promise<number> {
  const [row] = await database.sql<{ seconds: number }>(
    'select ceil(extract(epoch from due_at - now()) / 2)::integer * 2 as seconds from jobs where id = $1',
    [id],
  );
  return row!.seconds;
}
const clear = () => database.sql('truncate jobs');

const claim = (fields: Partial<Claim> = {}) =>
  claimJobs(pool, {
    leaseMarginMs: 30_000,
    limit: 100,
    perChannelMax: 10,
    loads: [],
    ...fields,
  });

/** Counts jobs by channel. */
function share(jobs: readonly { readonly workspaceId: number; readonly channelId: number }[]) {
  const counts: Record<string, number> = {};
  for (const { workspaceId, channelId } of jobs) {
    const key = `${workspaceId}/${channelId}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

test('claim: takes the oldest jobs of each channel, up to its free slots', async () => {
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
  assert.ok(jobs.every(({ attempt }) => attempt === 1));
});

test('claim: channels with fewer jobs in flight go first', async () => {
  await clear();
  for (const channel of [1, 2, 3]) await addJobs(1, channel, 30);
  const loads = [{ workspaceId: 1, channelId: 1, running: 4 }];
  assert.deepEqual(share(await claim({ loads, limit: 8 })), { '1/2': 4, '1/3': 4 });
});

test('claim: concurrent claims share no job, and later jobs stay', async () => {
  await clear();
  await addJobs(1, 1, 100);
  await database.sql(`update jobs set due_at = now() + interval '1 hour' where id % 4 = 0`);
  const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));
  const ids = claims.flat().map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (let more = await claim(); more.length > 0; more = await claim()) {
    ids.push(...more.map(({ id }) => id));
  }
  assert.equal(new Set(ids).size, 75);
  assert.equal(ids.length, 75);
});

test('claim: a lease that was taken over can no longer change anything', async () => {
  await clear();
  await addJobs(1, 1, 1);
  const [first] = await claim();
  await letPass(31_000);
  assert.deepEqual(await claim(), []);
  await letPass(1_000);
  const [second] = await claim();
  assert.equal(second!.attempt, 2);
  await postponeJob(pool, first!, 0);
  assert.deepEqual(await claim(), []);
  await postponeJob(pool, second!, 0);
  assert.equal((await claim()).length, 1);
});

test('claim: leases and retries are timed by the database clock', async () => {
  await clear();
  await addJobs(1, 1, 2);
  const [first, second] = await claim();
  await postponeJob(pool, second!, 600_000);
  assert.deepEqual(await restSeconds(first!.id), 32);
  assert.deepEqual(await restSeconds(second!.id), 600);
});

test('release: the only server ends leases of dead ones; retries keep their time', async () => {
  await clear();
  await addJobs(1, 1, 3);
  const [leased, later] = await claim({ perChannelMax: 2 });
  await postponeJob(pool, later!, 600_000);
  await releaseJobs(pool);
  const claimed = await claim();
  assert.equal(claimed.find(({ id }) => id === leased!.id)!.attempt, 2);
  assert.equal(claimed.length, 2);
  assert.deepEqual(await restSeconds(later!.id), 600);
  // The supposedly dead server comes back: it can change nothing.
  await postponeJob(pool, leased!, 0);
  assert.deepEqual(await claim(), []);
});

type PlanNode = { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };

test('claim: does not read 50,000 due jobs of a channel without free slots', async () => {
  await clear();
  const connection = await pool.connect();
  await connection.query(`prepare claim as ${claimJobsSql}`);
  // Planned while the table is empty, as on a new server.
  await connection.query(`execute claim ('[]', 10, 100, 30000)`);
  await addJobs(1, 1, 50_000);
  await addJobs(1, 2, 3);
  const loads = JSON.stringify([{ workspaceId: 1, channelId: 1, running: 10 }]);
  const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `explain (analyze, buffers, format json) execute claim ('${loads}', 10, 100, 30000)`,
  );
  connection.release();
  const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = rows[0]!['QUERY PLAN'][0]!.Plan;
  assert.ok(hit + read < 150, `${hit + read} pages`);
  const [row] = await database.sql<{ count: number }>(
    'select count(*) as count from jobs where is_leased and channel_id = 2',
  );
  assert.equal(row!.count, 3);
});
