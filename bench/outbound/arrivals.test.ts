// The receiver's book-keeping tells the truth: what came in its turn, what came again, what came too early, and how
// fast.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrivals } from './arrivals.ts';

test('arrivals: two conversations side by side, each in its own order, all count', () => {
  const arrivals = new Arrivals();
  for (const sequence of [1, 2, 3]) {
    arrivals.note('a', sequence, sequence);
    arrivals.note('b', sequence, sequence);
  }
  const { perSecond: _, ...report } = arrivals.report();
  assert.deepEqual(report, { count: 6, conversations: 2, repeats: 0, outOfOrder: 0 });
});

test('arrivals: an event again, counted as a repeat and nothing else', () => {
  const arrivals = new Arrivals();
  for (const sequence of [1, 2, 1, 2, 3]) arrivals.note('a', sequence, 0);
  const { count, repeats, outOfOrder } = arrivals.report();
  assert.deepEqual({ count, repeats, outOfOrder }, { count: 3, repeats: 2, outOfOrder: 0 });
});

test('arrivals: an event before the one before it, said to be out of order', () => {
  const swapped = new Arrivals();
  for (const sequence of [1, 3, 2, 4]) swapped.note('a', sequence, 0);
  assert.equal(swapped.report().outOfOrder, 1);
  const lateStart = new Arrivals();
  lateStart.note('a', 2, 0);
  assert.equal(lateStart.report().outOfOrder, 1);
});

test('arrivals: a slow start and a slow end, the rate is that of the middle', () => {
  const arrivals = new Arrivals();
  let atMs = 0;
  for (let sequence = 1; sequence <= 1001; sequence += 1) {
    atMs += sequence <= 50 || sequence > 951 ? 1000 : 2;
    arrivals.note('a', sequence, atMs);
  }
  assert.equal(Math.round(arrivals.report().perSecond), 500);
});

test('arrivals: nothing or next to nothing, no rate', () => {
  assert.equal(new Arrivals().report().perSecond, 0);
  const one = new Arrivals();
  one.note('a', 1, 5);
  assert.equal(one.report().perSecond, 0);
});
