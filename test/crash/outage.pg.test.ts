// PostgreSQL goes away under load, in every way it can, and comes back. Parley says so and goes on by itself.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startParley } from '../support/process.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { Story } from './event-script.ts';
import { ExternalPostgres } from './external-postgres.ts';
import { Witness } from './outage-monitor.ts';
import { SeededRandom, seed } from './seeded-random.ts';
import { until } from './until.ts';

// Side by side: most of the time is spent waiting.
describe('outage', { concurrency: true }, () => {
  test('outage: embedded PostgreSQL killed, broken and frozen, 503 and then recovery', async (t) => {
    const dataDir = makeDataFolder();
    const { parley, url } = await startParley({ settings: { PARLEY_DATA_DIR: dataDir } });
    const cluster = await Cluster.of(dataDir);
    const witness = new Witness(parley, url, new Story(new SeededRandom(seed + 3)));
    const recovered = async (what: string) =>
      t.diagnostic(`${what}: back after ${await witness.seeRecovery()} ms`);
    await witness.seeRecovery();

    await killPostmaster(cluster, 'SIGKILL');
    await recovered('postmaster killed');

    await killOneBackend(cluster, witness);
    await recovered('one backend killed');

    const repair = breakSettings(cluster);
    await killPostmaster(cluster, 'SIGQUIT');
    await witness.seeOutage();
    repair();
    await recovered('immediate shutdown, restart impossible for a while');

    const frozen = cluster.freeze();
    try {
      await witness.seeOutage();
    } finally {
      cluster.thaw(frozen);
    }
    await recovered('frozen');
    await witness.conclude((text, values) => cluster.query(text, values));
    t.diagnostic(JSON.stringify(witness.load.counts));
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });

  test('outage: external PostgreSQL stopped and started, 503 and then recovery', async (t) => {
    const postgres = await ExternalPostgres.start();
    const { parley, url } = await startParley({ settings: { PARLEY_DATABASE_URL: postgres.url } });
    const witness = new Witness(parley, url, new Story(new SeededRandom(seed + 4)));
    for (const round of [1, 2]) {
      await witness.seeRecovery();
      await postgres.stop();
      await witness.seeOutage();
      await postgres.startAgain();
      t.diagnostic(`round ${round}: back after ${await witness.seeRecovery()} ms`);
    }
    await witness.conclude((text, values) => postgres.cluster.query(text, values));
    t.diagnostic(JSON.stringify(witness.load.counts));
    assert.deepEqual(await parley.stop(), { code: 0, signal: null });
  });
});

async function killPostmaster(cluster: Cluster, signal: NodeJS.Signals): Promise<void> {
  const pid = cluster.postmasterPid;
  cluster.signalPostmaster(signal);
  await until('the postmaster is gone', () => cluster.postmasterPid !== pid);
}

/** PostgreSQL then ends every other backend too and recovers by itself. */
async function killOneBackend(cluster: Cluster, witness: Witness): Promise<void> {
  const [backend] = await cluster.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'parley engine' limit 1`,
  );
  const { refused } = witness.load.counts;
  process.kill(backend!.pid, 'SIGKILL');
  await until('senders are refused', () => witness.load.counts.refused > refused);
}

/** Makes it impossible to start PostgreSQL. @returns what makes it possible again. */
function breakSettings({ folder }: Cluster): () => void {
  const file = join(folder, 'postgresql.auto.conf');
  const before = readFileSync(file, 'utf8');
  appendFileSync(file, 'no_such_setting_exists = on\n');
  return () => writeFileSync(file, before);
}
