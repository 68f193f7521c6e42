// The feed with pages that join at different places while it reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { afterAll } from '../../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../../test/support/postgres.ts';
import { until } from '../../../../test/support/until.ts';
import { openPool } from '../../../database/pool.ts';
import { type FeedListener, InboxFeed } from './inbox-feed.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 2, onError: () => {} });
afterAll(() => pool.end());

await database.sql(`insert into workspaces (name) values ('default')`);
await database.sql(
  `insert into inbox_changes (workspace_id, position, conversation_ids, versions, kinds)
   select 1, n * 10, array[n], array[1], array[1] from generate_series(1, 3) as n`,
);

test('feed: a page that joins during a read gets what it lacks, too', async () => {
  const feed = new InboxFeed(pool, pino({ level: 'silent' }));
  const open = (place: number) => {
    const positions: number[] = [];
    const listener: FeedListener = {
      sessionId: 1,
      place,
      onChanges: (rows) => positions.push(...rows.map(({ position }) => position)),
    };
    feed.join(1, listener);
    afterAll(async () => feed.leave(1, listener));
    return positions;
  };
  // The read of the first page is on its way when the second joins.
  const [ahead, behind] = [open(25), open(5)];
  await until('both have the last change', () => [ahead, behind].every((got) => got.includes(30)));
  assert.deepEqual(ahead, [30]);
  assert.deepEqual(behind, [10, 20, 30]);
});
