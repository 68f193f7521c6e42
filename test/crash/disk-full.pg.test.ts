// The disk of the embedded PostgreSQL is full: first tables cannot grow, then PostgreSQL cannot run at all.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { afterAll } from '../support/after-all.ts';
import { startParley } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { EventScript } from './event-script.ts';
import { OutageMonitor } from './outage-monitor.ts';
import { fillDisk, prepareSmallDisk, type SmallDisk } from './small-disk.ts';

test('disk: gives 503 while it is full under load, and loses nothing', async (t) => {
  const dataDir = makeDataFolder();
  const disk = prepareSmallDisk(dataDir, '200m');
  if (disk === null) {
    t.diagnostic('no small disk can be mounted here: a trigger simulates the full disk');
    await simulateFullDisk(dataDir);
  } else {
    await fillTwice(t, dataDir, disk);
  }
});

async function fillTwice(t: TestContext, dataDir: string, disk: SmallDisk): Promise<void> {
  const { parley, url } = await startParley({
    settings: { PARLEY_DATA_DIR: dataDir },
    wrapper: disk.wrapper,
  });
  const dataDirOutside = disk.seenFrom(parley.pid, dataDir);
  const cluster = await Cluster.of(dataDirOutside);
  // Once Parley is gone, the disk cannot be seen from outside.
  afterAll(() => {
    parley.signal('SIGSTOP');
    return cluster.killAll();
  });
  const monitor = new OutageMonitor(parley, url, new EventScript(new SeededRandom(seed + 7)));
  await monitor.waitForRecovery();

  const free = fillDisk(dataDirOutside);
  const { unavailable } = monitor.load.counts;
  await until('tables cannot grow', () => monitor.load.counts.unavailable > unavailable + 20);
  free();
  t.diagnostic(`tables could not grow: back after ${await monitor.waitForRecovery()} ms`);

  const freeAgain = fillDisk(dataDirOutside);
  await runOutOfLog(cluster);
  await monitor.waitForOutage();
  freeAgain();
  t.diagnostic(`PostgreSQL could not run: back after ${await monitor.waitForRecovery()} ms`);

  await monitor.finish((text, values) => cluster.query(text, values));
  t.diagnostic(JSON.stringify(monitor.load.counts));
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
}

/** Uses up the preallocated write-ahead log: the next segment has no room, and PostgreSQL stops. */
async function runOutOfLog(cluster: Cluster): Promise<void> {
  const client = await cluster.connect('postgres');
  await until('PostgreSQL stops', async () => {
    try {
      await client.query('select pg_logical_emit_message(true, $1, $2)', ['', 'x'.repeat(1e6)]);
      await client.query('select pg_switch_wal()');
      return false;
    } catch {
      return true;
    }
  });
  await client.end().catch(() => {});
}

async function simulateFullDisk(dataDir: string): Promise<void> {
  const { parley, url } = await startParley({ settings: { PARLEY_DATA_DIR: dataDir } });
  const cluster = await Cluster.of(dataDir);
  const monitor = new OutageMonitor(parley, url, new EventScript(new SeededRandom(seed + 7)));
  await monitor.waitForRecovery();
  await cluster.query(`create function parley.no_space() returns trigger language plpgsql as $$
    begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$`);
  await cluster.query(`create trigger no_space before insert on parley.channel_events
    execute function parley.no_space()`);
  const { unavailable } = monitor.load.counts;
  await until('senders get 503', () => monitor.load.counts.unavailable > unavailable + 20);
  await cluster.query('drop trigger no_space on parley.channel_events');
  await monitor.waitForRecovery();
  await monitor.finish((text, values) => cluster.query(text, values));
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
}
