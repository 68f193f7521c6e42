// Parley is killed at random moments, also while it starts, and sometimes together with PostgreSQL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Siege } from './kill-loop.ts';
import { seed } from './seeded-random.ts';
import { isThorough, times } from './thoroughness.ts';

test('kill: keeps everything acknowledged exactly once, at random moments under load', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const siege = new Siege(1);
  // The first of them interrupts the making of the cluster.
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
  for (const round of rounds) await siege[round]();
  const end = await siege.finish();
  t.diagnostic(`${siege.kills} kills, ${JSON.stringify(end)}`);
  assert.equal(siege.kills, rounds.length);
  assert.ok(end.repeated > 0, 'no kill left an event unanswered');
});
