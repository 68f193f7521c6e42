import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { openPool } from '../database/pool.ts';
import { loadSql } from './engine-load.ts';

const database = await openTestDatabase();

test('engine load: planned while the tables are empty, every table is reached by its full key', async () => {
  const pool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
  atEnd(() => pool.end());
  const connection = await pool.connect();
  await connection.query(`prepare load (json, json, json, json, json) as ${loadSql}`);
  const { rows } = await connection.query<{ 'QUERY PLAN': string }>(
    `explain (costs off) execute load ('[]', '[]', '[]', '[]', '[]')`,
  );
  connection.release();
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.doesNotMatch(plan, /Seq Scan|Hash Join|Merge Join/);
  for (const condition of [
    '(workspace_id = k.w) AND (event_id = k.e)',
    '(workspace_id = k_1.w) AND (external_id = k_1.x)',
    '(workspace_id = k_2.w) AND (channel_id = k_2.ch) AND (external_id = k_2.x)',
  ]) {
    assert.ok(plan.includes(`Index Cond: (${condition})`), `${condition}\n${plan}`);
  }
});
