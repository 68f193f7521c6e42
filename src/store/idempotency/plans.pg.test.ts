// Idempotency keys are found by an index, with the role and settings of requests and of the removal: on a
// new table and on a large one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { ok } from '../../base/result.ts';
import { type Connection, openPool, type Pool, type PoolPurpose } from '../../database/pool.ts';
import { writeAs } from '../sql/row-level-security.ts';
import { addCommandEffect, findCommandEffect } from './command-effects.ts';
import { claimKey, removeOldKeys, storeResponse } from './keys.ts';

const database = await openTestDatabase();
const [workspace] = await database.sql<{ id: number }>(
  "insert into workspaces (name) values ('planned') returning id",
);
const workspaceId = workspace!.id;
const request = { workspaceId, principal: 'channel 1 admin 1', requestHash: 'aa' };

function open(purpose: PoolPurpose): Pool {
  const pool = openPool(database.target, purpose, { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  return pool;
}

/** Counts the rows of the two tables that were read so far, with an index or without. */
async function rowsRead(): Promise<number> {
  await database.sql('select pg_stat_force_next_flush()');
  const [row] = await database.sql<{ count: number }>(
    `select sum(seq_tup_read + idx_tup_fetch)::int as count from pg_stat_user_tables
     where relname in ('idempotency_keys', 'idempotency_effects')`,
  );
  return row!.count;
}

/** Maximum of rows read, far below the number of rows. */
const ROWS_MAX = 50;

/** Waits for the statistics of a connection, which appear after its next transaction begins. */
const flush = (connection: Connection) => connection.query('select pg_stat_force_next_flush()');

const addRows = (count: number) =>
  database.sql(
    `with keys as (
       insert into idempotency_keys (workspace_id, principal, key, request_hash, created_at, status)
       select $1, 'channel 1 admin 1', gen_random_uuid(), '\\x00', now() - n * interval '1 second', 200
       from generate_series(1, $2::int) as n returning id)
     insert into idempotency_effects (workspace_id, key_id, step, result)
     select $1, id, 'command 1', '1' from keys`,
    [workspaceId, count],
  );

let counter = 0;
async function useKeys(): Promise<void> {
  counter += 1;
  const key = `key ${counter}`;
  const pool = open('command');
  await writeAs(pool, workspaceId, async (connection) => {
    const claim = await claimKey(connection, { ...request, key });
    assert.equal(claim.state, 'claimed');
    const keyId = claim.state === 'claimed' ? claim.keyId : 0;
    assert.equal((await claimKey(connection, { ...request, key })).state, 'in_progress');
    const effect = { keyId, step: 'command 1' };
    assert.equal(await findCommandEffect(connection, workspaceId, effect), null);
    await addCommandEffect(connection, workspaceId, effect, 7);
    assert.deepEqual(await findCommandEffect(connection, workspaceId, effect), { result: 7 });
    await storeResponse(connection, workspaceId, keyId, { status: 200, body: '' });
    await flush(connection);
    return ok(null);
  });
  const remover = open('engine');
  await removeOldKeys(remover, 10);
  const connection = await remover.connect();
  await flush(connection);
  connection.release();
}

for (const [count, isAnalyzed] of [
  [300, false],
  [5_000, false],
  [0, true],
] as const) {
  const when = isAnalyzed ? 'with statistics' : `after ${count} more rows without statistics`;
  test(`idempotency keys: are found by an index, ${when}`, async () => {
    if (count > 0) await addRows(count);
    if (isAnalyzed) await database.sql('analyze');
    const before = await rowsRead();
    await useKeys();
    const read = (await rowsRead()) - before;
    assert.ok(read > 0 && read < ROWS_MAX, `${read} rows were read`);
  });
}

test('old keys: are removed in batches, with their effects', async () => {
  await database.sql("update idempotency_keys set created_at = created_at - interval '8 days'");
  const pool = open('engine');
  assert.equal(await removeOldKeys(pool, 500), 500);
  assert.equal(await removeOldKeys(pool, 500), 500);
  const [left] = await database.sql<{ keys: number; effects: number }>(
    `select (select count(*)::int from idempotency_keys) as keys,
       (select count(*)::int from idempotency_effects) as effects`,
  );
  assert.equal(left!.keys, left!.effects);
  const [newest] = await database.sql<{ isNewer: boolean }>(
    `select min(created_at) > now() - interval '8 days 5000 seconds' as "isNewer" from idempotency_keys`,
  );
  assert.ok(newest!.isNewer, 'the oldest ones went first');
});
