// What is missed is called missed: medians, ratios and verdicts on numbers made up for the purpose.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureOf, judge } from './aims.ts';
import {
  type IngestRound,
  type LightRound,
  type Measured,
  quickPlan,
  type Turn,
} from './measure.ts';

const turn = (perSecond: number, p50 = 1, p99 = 1) =>
  ({ perSecond, latencyMs: { p50, p95: p99, p99, max: p99 } }) as Turn;

const measured = (ingest: IngestRound[], light: LightRound[], residentPeakMb: number | null) =>
  ({ plan: quickPlan, postgresql: '18', ingest, light, residentPeakMb }) satisfies Measured;

test('figure: odd and even numbers of rounds, median with lowest and highest', () => {
  assert.deepEqual(figureOf([3, 1, 2]), { median: 2, low: 1, high: 3 });
  assert.deepEqual(figureOf([4, 1, 2, 3]), { median: 2.5, low: 1, high: 4 });
});

test('judge: rounds on a machine that slows down, every ratio is taken within its round', () => {
  const round = (speed: number) => ({
    bare: turn(1000 * speed),
    parley: turn(500 * speed, 1, 20),
    groupsOfOne: turn(100 * speed),
    full: turn(475 * speed),
  });
  const light = { parley: turn(1, 2), groupsOfOne: turn(1, 2) };
  const judged = judge(measured([round(1), round(0.1), round(0.5)], [light], 150));
  const flat = (value: number) => ({ median: value, low: value, high: value });
  assert.deepEqual(
    judged.map(({ figure }) => figure),
    [flat(0.5), flat(5), flat(20), flat(0.95), flat(1), flat(150)],
  );
  assert.ok(judged.every(({ holds }) => holds));
});

test('judge: everything just beyond its aim, every aim is missed', () => {
  const round = {
    bare: turn(1000),
    parley: turn(399, 1, 50),
    groupsOfOne: turn(134),
    full: turn(350),
  };
  const light = { parley: turn(1, 1.3), groupsOfOne: turn(1, 1) };
  const judged = judge(measured([round], [light], 200));
  assert.deepEqual(
    judged.map(({ holds }) => holds),
    [false, false, false, false, false, false],
  );
});

test('judge: resident set unknown, said so and not counted as missed', () => {
  const round = { bare: turn(1), parley: turn(1), groupsOfOne: turn(1), full: turn(1) };
  const light = { parley: turn(1), groupsOfOne: turn(1) };
  assert.deepEqual(judge(measured([round], [light], null)).at(-1)?.figure, null);
});
