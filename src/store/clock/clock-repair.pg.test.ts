// After a jump of the database's clock: times that were stored during the jump are shifted back, and no others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { repairDueTimes } from './clock-repair.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
afterAll(() => pool.end());
const day = 86_400_000;

await database.sql(`insert into workspaces (name) values ('w')`);
await database.sql(`insert into channels (workspace_id, name) select id, 'c' from workspaces`);

/** Adds a lane that is due in so many milliseconds; null: it is not due. */
async function addLane(conversationId: number, dueInMs: number | null): Promise<void> {
  await database.sql(
    `insert into delivery_lanes
       (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
     select workspace_id, $1, id, 1, 1, now() + $2::float8 * interval '1 millisecond' from channels`,
    [conversationId, dueInMs],
  );
}

const dueInMs = async (): Promise<(number | null)[]> =>
  (
    await database.sql<{ ms: number | null }>(
      `select round(extract(epoch from due_at - now()) * 1000)::float8 as ms
       from delivery_lanes order by conversation_id`,
    )
  ).map(({ ms }) => ms);

test('clock repair: moves only times that were stored during the jump', async () => {
  await addLane(1, 1_000);
  await addLane(2, day / 4);
  await addLane(3, null);
  await addLane(4, day + 1_000);
  await addLane(5, day - 3_000);
  assert.equal(await repairDueTimes(pool, day, 4_000), 2);
  const [soon, later, idle, retried, leased] = await dueInMs();
  assert.ok(soon! > 0 && soon! < 1_100);
  assert.ok(later! > day / 4 - 10_000);
  assert.equal(idle, null);
  assert.ok(retried! < 1_100, `${retried}`);
  assert.ok(leased! < 0, `${leased}`);
  assert.equal(await repairDueTimes(pool, day, 4_000), 0, 'a second server finds nothing');
});
