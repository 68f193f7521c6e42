// PostgreSQL has no connection left for Parley, because other clients hold them all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { afterAll } from '../support/after-all.ts';
import { launchParley, startParley } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { EventScript } from './event-script.ts';
import { ExternalPostgres } from './external-postgres.ts';
import { OutageMonitor } from './outage-monitor.ts';

test('connection limit: gives 503 while other clients hold every connection', async () => {
  // Of these, 5 are kept for the superuser.
  const postgres = await ExternalPostgres.start({ max_connections: '20' });
  const settings = { PARLEY_DATABASE_URL: postgres.url };
  const { parley, url } = await startParley({ settings });
  const monitor = new OutageMonitor(parley, url, new EventScript(new SeededRandom(seed + 6)));
  await monitor.waitForRecovery();

  const others = await takeEveryConnection(postgres, monitor.waitForOutage());
  const late = launchParley({ settings });
  assert.equal((await late.exited).code, 1);
  assert.match(late.log, /^parley: .*(too many clients|reserved for roles)/m);
  assert.doesNotMatch(late.log, /^ +at /m, 'a sentence, no stack');

  await Promise.all(others.map((client) => client.end()));
  await monitor.waitForRecovery();
  await monitor.finish((text, values) => postgres.cluster.query(text, values));
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
});

/** Takes free connections and terminates Parley's in a loop, since one that is logging in cannot be terminated yet. */
async function takeEveryConnection(
  { cluster, url }: ExternalPostgres,
  outage: Promise<void>,
): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  afterAll(() => Promise.all(taken.map((client) => client.end())));
  const superuser = await cluster.connect('postgres');
  let isSeen = false;
  const taking = until('the outage is seen', async () => {
    while (await takeOne(url, taken));
    if (!isSeen) await superuser.query(cutOffSql);
    return isSeen;
  });
  const seeing = outage.finally(() => {
    isSeen = true;
  });
  await Promise.all([seeing, taking]);
  // Kept open: Parley would get its connection as soon as it closed.
  taken.push(superuser);
  return taken;
}

const cutOffSql = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name like 'parley %'`;

async function takeOne(connectionString: string, taken: pg.Client[]): Promise<boolean> {
  const client = new pg.Client({ connectionString, application_name: 'other client' });
  client.on('error', () => {});
  try {
    await client.connect();
    taken.push(client);
    return true;
  } catch {
    await client.end().catch(() => {});
    return false;
  }
}
