// Thousands of histories of the interpreter and the delivery loop in fake time.
//
//   SIM_SEED=123 node --test test/sim/simulation.test.ts    lives through one history again
//   SIM_HISTORIES=100000 node --test test/sim/…             looks for longer

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HistoryCounts, simulate } from './simulation.ts';

const HISTORIES = Number(process.env.SIM_HISTORIES ?? 2_000);
/** The same in every run: what fails here fails for everybody. SIM_FROM looks elsewhere. */
const FROM = Number(process.env.SIM_FROM ?? 1);
const only = process.env.SIM_SEED;

test('simulation: crashes and a faulty receiver lose and reorder no event', async () => {
  const seeds =
    only === undefined
      ? Array.from({ length: HISTORIES }, (_, index) => FROM + index)
      : [Number(only)];
  const sums = { events: 0, crashes: 0, repeats: 0, parked: 0, timers: 0, calls: 0 };
  for (const seed of seeds) {
    const counts = await simulate(seed).catch((cause: Error) => {
      const again = `SIM_SEED=${seed} node --test test/sim/simulation.test.ts`;
      throw new Error(`seed ${seed}: ${cause.message}\nagain: ${again}`, { cause });
    });
    for (const key of Object.keys(sums) as (keyof HistoryCounts)[]) sums[key] += counts[key];
  }
  if (only !== undefined) return;
  // Else the histories would have been too tame to show anything.
  for (const [what, count] of Object.entries(sums)) {
    assert.ok(count >= HISTORIES / 10, `only ${count} ${what} in ${HISTORIES} histories`);
  }
});

test('simulation: is deterministic for a seed', async () => {
  assert.deepEqual(await simulate(7), await simulate(7));
});
