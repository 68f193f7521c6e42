// Parley kills itself at each of the named places around a commit, at the first pass and at later ones. The places
// where it calls out are for the chaos of deliveries.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorPoints } from './chaos-points.ts';
import { Siege } from './kill-loop.ts';
import { seed } from './seeded-random.ts';
import { times } from './thoroughness.ts';

test('fault points: killed at each, everything acknowledged is there exactly once', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const siege = new Siege(2);
  const passes = [true, false].slice(0, times(1, 2));
  for (const first of passes) {
    for (const point of doorPoints) {
      await siege.dieAt(`${point}:${first ? 1 : siege.random.between(2, 40)}`);
    }
  }
  const end = await siege.finish();
  t.diagnostic(`${siege.kills} kills, ${JSON.stringify(end)}`);
  assert.equal(siege.kills, passes.length * doorPoints.length);
  assert.ok(end.hard > 0, 'dying after the commit leaves events that are stored and unanswered');
});
