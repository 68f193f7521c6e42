// Runs thousands of random histories of the interpreter and the delivery loop in simulated time.
//
//   SIM_SEED=123 node --test test/sim/simulation.test.ts    repeats one history
//   SIM_HISTORIES=100000 node --test test/sim/…             runs more histories

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HistoryCounts, simulate } from './simulation.ts';

const HISTORIES = Number(process.env.SIM_HISTORIES ?? 2_000);
/** The first seed: the same in every run, so that failures are reproducible; SIM_FROM sets another. */
const FROM = Number(process.env.SIM_FROM ?? 1);
const only = process.env.SIM_SEED;

test('simulation: crashes and a faulty receiver lose and reorder no event', async () => {
  const seeds =
    only === undefined
      ? Array.from({ length: HISTORIES }, (_, index) => FROM + index)
      : [Number(only)];
  const sums = { events: 0, crashes: 0, repeats: 0, deadLetters: 0, timers: 0, calls: 0 };
  for (const seed of seeds) {
    const counts = await simulate(seed).catch((cause: Error) => {
      const again = `SIM_SEED=${seed} node --test test/sim/simulation.test.ts`;
      throw new Error(`seed ${seed}: ${cause.message}\nagain: ${again}`, { cause });
    });
    for (const key of Object.keys(sums) as (keyof HistoryCounts)[]) sums[key] += counts[key];
  }
  if (only !== undefined) return;
  // Without enough faults, the histories would prove nothing.
  for (const [what, count] of Object.entries(sums)) {
    assert.ok(count >= HISTORIES / 10, `only ${count} ${what} in ${HISTORIES} histories`);
  }
});

test('simulation: is deterministic for a seed', async () => {
  assert.deepEqual(await simulate(7), await simulate(7));
});
