// The disk of the embedded PostgreSQL is full: first its tables cannot grow, then it cannot even run.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { afterAll } from '../support/after-all.ts';
import { startParley } from '../support/process.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { Story } from './event-script.ts';
import { Witness } from './outage-monitor.ts';
import { SeededRandom, seed } from './seeded-random.ts';
import { fillDisk, prepareSmallDisk, type SmallDisk } from './small-disk.ts';
import { until } from './until.ts';

test('disk: full under load, 503 until there is room again, nothing lost', async (t) => {
  const dataDir = makeDataFolder();
  const disk = prepareSmallDisk(dataDir, '200m');
  if (disk === null) {
    t.diagnostic('no disk of our own may be made here: PostgreSQL is told to say that it is full');
    await refuseAsFull(dataDir);
  } else {
    await fillTwice(t, dataDir, disk);
  }
});

async function fillTwice(t: TestContext, dataDir: string, disk: SmallDisk): Promise<void> {
  const { parley, url } = await startParley({
    settings: { PARLEY_DATA_DIR: dataDir },
    wrapper: disk.wrapper,
  });
  const place = disk.seenFrom(parley.pid, dataDir);
  const cluster = await Cluster.of(place);
  // From outside the disk cannot be seen any more once Parley is gone.
  afterAll(() => {
    parley.signal('SIGSTOP');
    return cluster.endAll();
  });
  const witness = new Witness(parley, url, new Story(new SeededRandom(seed + 7)));
  await witness.seeRecovery();

  const free = fillDisk(place);
  const { refused } = witness.load.counts;
  await until('tables cannot grow', () => witness.load.counts.refused > refused + 20);
  free();
  t.diagnostic(`tables could not grow: back after ${await witness.seeRecovery()} ms`);

  const freeAgain = fillDisk(place);
  await runOutOfLog(cluster);
  await witness.seeOutage();
  freeAgain();
  t.diagnostic(`PostgreSQL could not run: back after ${await witness.seeRecovery()} ms`);

  await witness.conclude((text, values) => cluster.query(text, values));
  t.diagnostic(JSON.stringify(witness.load.counts));
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
}

/** Uses up the write-ahead log that was set aside: the next piece has no room, and PostgreSQL gives up. */
async function runOutOfLog(cluster: Cluster): Promise<void> {
  const client = await cluster.connect('postgres');
  await until('PostgreSQL gives up', async () => {
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

async function refuseAsFull(dataDir: string): Promise<void> {
  const { parley, url } = await startParley({ settings: { PARLEY_DATA_DIR: dataDir } });
  const cluster = await Cluster.of(dataDir);
  const witness = new Witness(parley, url, new Story(new SeededRandom(seed + 7)));
  await witness.seeRecovery();
  await cluster.query(`create function parley.no_space() returns trigger language plpgsql as $$
    begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$`);
  await cluster.query(`create trigger no_space before insert on parley.channel_events
    execute function parley.no_space()`);
  const { refused } = witness.load.counts;
  await until('senders are refused', () => witness.load.counts.refused > refused + 20);
  await cluster.query('drop trigger no_space on parley.channel_events');
  await witness.seeRecovery();
  await witness.conclude((text, values) => cluster.query(text, values));
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
}
