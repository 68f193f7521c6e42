// Parley kills itself at each of the named places around a commit, at the first pass and at later ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultPoints } from '../../src/base/fault-points.ts';
import { seed } from './seeded-random.ts';
import { Siege } from './siege.ts';

test('fault points: killed at each, everything acknowledged is there exactly once', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const siege = new Siege(2);
  for (const first of [true, false]) {
    for (const point of faultPoints) {
      await siege.dieAt(`${point}:${first ? 1 : siege.random.between(2, 40)}`);
    }
  }
  const end = await siege.finish();
  t.diagnostic(`${siege.kills} kills, ${JSON.stringify(end)}`);
  assert.equal(siege.kills, 2 * faultPoints.length);
  assert.ok(end.hard > 0, 'dying after the commit leaves events that are stored and unanswered');
});
