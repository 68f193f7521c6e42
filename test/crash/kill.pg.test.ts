// Parley is killed at random moments, also while it starts, and sometimes together with PostgreSQL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seed } from '../support/seeded-random.ts';
import { isThorough, times } from '../support/thoroughness.ts';
import { KillLoop } from './kill-loop.ts';

test('kill: keeps everything acknowledged exactly once, at random moments under load', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const killLoop = new KillLoop(1);
  // The first one interrupts the creation of the cluster.
  const rounds = [
    'killDuringStart',
    ...Array<'killUnderLoad'>(times(3, 6)).fill('killUnderLoad'),
    'cutPower',
    'killDuringStart',
    ...Array<'killUnderLoad'>(times(0, 6)).fill('killUnderLoad'),
    ...(isThorough ? (['cutPower', 'killDuringStart'] as const) : []),
    'killUnderLoad',
    'cutPower',
  ] as const;
  for (const round of rounds) await killLoop[round]();
  const end = await killLoop.finish();
  t.diagnostic(`${killLoop.kills} kills, ${JSON.stringify(end)}`);
  assert.equal(killLoop.kills, rounds.length);
  assert.ok(end.repeated > 0, 'no kill left an event unanswered');
});
