// PostgreSQL fails under load in several ways and returns: Parley responds with 503 meanwhile and recovers by itself.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startParley } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { EventScript } from './event-script.ts';
import { ExternalPostgres } from './external-postgres.ts';
import { OutageMonitor } from './outage-monitor.ts';

// Concurrent, since most of the time is spent waiting.
describe('outage', { concurrency: true }, () => {
  test('outage: gives 503, then recovers, when embedded PostgreSQL is killed or frozen', async (t) => {
    const dataDir = makeDataFolder();
    const { parley, url } = await startParley({ settings: { PARLEY_DATA_DIR: dataDir } });
    const cluster = await Cluster.of(dataDir);
    const monitor = new OutageMonitor(parley, url, new EventScript(new SeededRandom(seed + 3)));
    const recovered = async (what: string) =>
      t.diagnostic(`${what}: back after ${await monitor.waitForRecovery()} ms`);
    await monitor.waitForRecovery();

    await killPostmaster(cluster, 'SIGKILL');
    await recovered('postmaster killed');

    await killOneBackend(cluster, monitor);
    await recovered('one backend killed');

    const repair = breakSettings(cluster);
    await killPostmaster(cluster, 'SIGQUIT');
    await monitor.waitForOutage();
    repair();
    await recovered('immediate shutdown, restart impossible for a while');

    const frozen = cluster.freeze();
    try {
      await monitor.waitForOutage();
    } finally {
      cluster.thaw(frozen);
    }
    await recovered('frozen');
    await monitor.finish((text, values) => cluster.query(text, values));
    t.diagnostic(JSON.stringify(monitor.load.counts));
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });

  test('outage: gives 503, then recovers, when external PostgreSQL stops and starts', async (t) => {
    const postgres = await ExternalPostgres.start();
    const { parley, url } = await startParley({ settings: { PARLEY_DATABASE_URL: postgres.url } });
    const monitor = new OutageMonitor(parley, url, new EventScript(new SeededRandom(seed + 4)));
    for (const round of [1, 2]) {
      await monitor.waitForRecovery();
      await postgres.stop();
      await monitor.waitForOutage();
      await postgres.startAgain();
      t.diagnostic(`round ${round}: back after ${await monitor.waitForRecovery()} ms`);
    }
    await monitor.finish((text, values) => postgres.cluster.query(text, values));
    t.diagnostic(JSON.stringify(monitor.load.counts));
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });
});

async function killPostmaster(cluster: Cluster, signal: NodeJS.Signals): Promise<void> {
  const pid = cluster.postmasterPid;
  cluster.signalPostmaster(signal);
  await until('the postmaster is gone', () => cluster.postmasterPid !== pid);
}

/** PostgreSQL then terminates every other backend too, and recovers by itself. */
async function killOneBackend(cluster: Cluster, monitor: OutageMonitor): Promise<void> {
  const [backend] = await cluster.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'parley engine' limit 1`,
  );
  const { unavailable } = monitor.load.counts;
  process.kill(backend!.pid, 'SIGKILL');
  await until('senders get 503', () => monitor.load.counts.unavailable > unavailable);
}

/** Breaks the settings, so that PostgreSQL cannot start. @returns a function that repairs them. */
function breakSettings({ folder }: Cluster): () => void {
  const file = join(folder, 'postgresql.auto.conf');
  const before = readFileSync(file, 'utf8');
  appendFileSync(file, 'no_such_setting_exists = on\n');
  return () => writeFileSync(file, before);
}
