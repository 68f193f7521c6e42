// Parley is killed at each fault point around a commit, at the first pass and at later ones; delivery-chaos.pg.test.ts
// covers the fault points of outgoing requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seed } from '../support/seeded-random.ts';
import { times } from '../support/thoroughness.ts';
import { enginePoints } from './chaos-points.ts';
import { KillLoop } from './kill-loop.ts';

test('fault points: keep everything acknowledged exactly once after a kill at each', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const killLoop = new KillLoop(2);
  const passes = [true, false].slice(0, times(1, 2));
  for (const first of passes) {
    for (const point of enginePoints) {
      await killLoop.killAtFaultPoint(`${point}:${first ? 1 : killLoop.random.between(2, 40)}`);
    }
  }
  const end = await killLoop.finish();
  t.diagnostic(`${killLoop.kills} kills, ${JSON.stringify(end)}`);
  assert.equal(killLoop.kills, passes.length * enginePoints.length);
  assert.ok(
    end.storedUnanswered > 0,
    'a kill after the commit leaves stored events without a response',
  );
});
