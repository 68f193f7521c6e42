import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { limits } from '../base/limits.ts';
import { openPool } from '../database/pool.ts';
import { removalOfOldKeys } from './old-keys.ts';
import { keepLog } from './test-workspace.fixture.ts';

const database = await openTestDatabase();
const [workspace] = await database.sql<{ id: number }>(
  "insert into workspaces (name) values ('old') returning id",
);

const addKeys = (count: number, days: number) =>
  database.sql(
    `insert into idempotency_keys (workspace_id, principal, key, request_hash, created_at)
     select $1, 'channel 1 admin 1', gen_random_uuid(), '\\x00', now() - $2 * interval '1 day'
     from generate_series(1, $3::int)`,
    [workspace!.id, days, count],
  );

const remaining = async (): Promise<number> =>
  (await database.sql('select from idempotency_keys')).length;

test('old keys: are removed in batches; young keys stay', async () => {
  await addKeys(limits.idempotencyRemovalMax * 2 + 10, 8);
  await addKeys(20, 6);
  const pool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  const { log, lines } = keepLog();
  // Two runs act as two servers.
  const workers = [1, 2].map(() => removalOfOldKeys(pool, log));
  for (const worker of workers) worker.start();
  const endMs = performance.now() + 10_000;
  while ((await remaining()) > 20 && performance.now() < endMs) await pause(20);
  await Promise.all(workers.map((worker) => worker.stop()));
  assert.equal(await remaining(), 20);
  assert.deepEqual(lines, []);
});

test('old keys: an unavailable database is logged and does not delay stopping', async () => {
  const pool = openPool({ ...database.target, port: 1 }, 'engine', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  const { log, lines } = keepLog();
  const worker = removalOfOldKeys(pool, log);
  worker.start();
  const endMs = performance.now() + 10_000;
  while (lines.length === 0 && performance.now() < endMs) await pause(10);
  assert.match(lines[0]!, /idempotency_keys.not_removed/);
  const startedAt = performance.now();
  await worker.stop();
  assert.ok(performance.now() - startedAt < 1_000);
});
