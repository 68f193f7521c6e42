// The pace of the removal of old rows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RemovalPace } from './removal-pace.ts';

test('pace: rests longer while the server commits groups', () => {
  let nowMs = 10_000;
  const pace = new RemovalPace(() => nowMs);
  const commit = (count: number) => {
    for (let one = 0; one < count; one += 1) pace.noteCommit();
  };
  assert.equal(pace.restMs(10), 30);
  commit(1);
  assert.equal(pace.restMs(10), 30);
  commit(1);
  assert.equal(pace.restMs(10), 190);
  // The second before counts, too: a new one has just begun.
  nowMs += 1_000;
  assert.equal(pace.restMs(10), 190);
  nowMs += 1_000;
  assert.equal(pace.restMs(10), 30);
  commit(2);
  nowMs += 2_000;
  assert.equal(pace.restMs(10), 30);
});

test('pace: rests for some seconds at most', () => {
  assert.equal(new RemovalPace().restMs(60_000), 20_000);
});
