// Scratch: throughput.
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { openPool } from '../database/pool.ts';
import { Stage, startReceiver, until } from './stage.fixture.ts';

const database = await openTestDatabase();
test('throughput', async () => {
  const stage = await Stage.open(database);
  const receiver = await startReceiver();
  const channelId = await stage.addChannel({ url: receiver.url });
  const purpose = (process.env.PURPOSE ?? 'engine') as 'engine';
  const pool = openPool(database.target, purpose, { max: 3, onError: () => {} });
  const ids: number[] = [];
  for (let i = 0; i < 10; i += 1) ids.push(...(await stage.addConversations(channelId, 1500, 1)));
  await database.sql('analyze');
  const t = performance.now();
  const delivery = await stage.deliver({ pool });
  await until('all', () => receiver.received.length >= 15_000, 120_000);
  console.log('EVENTS/S', purpose, Math.round(15_000 / ((performance.now() - t) / 1000)));
  await delivery.stop();
  await pool.end();
});
