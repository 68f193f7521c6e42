// The receiver counts correctly: events in order, repeats, events out of order, and the rate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrivals } from './arrivals.ts';

test('arrivals: counts two interleaved conversations, each in its own order', () => {
  const arrivals = new Arrivals();
  for (const sequence of [1, 2, 3]) {
    arrivals.note('a', sequence, sequence);
    arrivals.note('b', sequence, sequence);
  }
  const { perSecond: _, ...report } = arrivals.report();
  assert.deepEqual(report, { count: 6, conversations: 2, repeats: 0, outOfOrder: 0 });
});

test('arrivals: counts a repeated event as a repeat only', () => {
  const arrivals = new Arrivals();
  for (const sequence of [1, 2, 1, 2, 3]) arrivals.note('a', sequence, 0);
  const { count, repeats, outOfOrder } = arrivals.report();
  assert.deepEqual({ count, repeats, outOfOrder }, { count: 3, repeats: 2, outOfOrder: 0 });
});

test('arrivals: reports an event that arrives before its predecessor', () => {
  const swapped = new Arrivals();
  for (const sequence of [1, 3, 2, 4]) swapped.note('a', sequence, 0);
  assert.equal(swapped.report().outOfOrder, 1);
  const lateStart = new Arrivals();
  lateStart.note('a', 2, 0);
  assert.equal(lateStart.report().outOfOrder, 1);
});

test('arrivals: computes the rate of the middle, without a slow start and end', () => {
  const arrivals = new Arrivals();
  let atMs = 0;
  for (let sequence = 1; sequence <= 1001; sequence += 1) {
    atMs += sequence <= 50 || sequence > 951 ? 1000 : 2;
    arrivals.note('a', sequence, atMs);
  }
  assert.equal(Math.round(arrivals.report().perSecond), 500);
});

test('arrivals: has no rate for nothing or next to nothing', () => {
  assert.equal(new Arrivals().report().perSecond, 0);
  const one = new Arrivals();
  one.note('a', 1, 5);
  assert.equal(one.report().perSecond, 0);
});
