// Medians, ratios and verdicts of made-up numbers: a missed aim is reported as missed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureOf, judge } from './aims.ts';
import type { IngestRound, LightRound, Measured, Turn } from './measure.ts';
import type { Outbound } from './measure-outbound.ts';
import { quickPlan } from './plan.ts';

const turn = (perSecond: number, p50 = 1, p99 = 1) =>
  ({ perSecond, latencyMs: { p50, p95: p99, p99, max: p99 } }) as Turn;

const outbound = (p99: number, parley: number, graphile: number, graphileBatched: number) => {
  const report = (perSecond: number) => ({ perSecond });
  const round = {
    parley: report(parley),
    graphile: report(graphile),
    graphileBatched: report(graphileBatched),
  };
  return { greetings: [{ sinceSentMs: { p99 } }], delivery: [round] } as unknown as Outbound;
};

const latency = (p99: number) => ({ p50: 1, p95: p99, p99, max: p99 });

const measured = (
  ingest: IngestRound[],
  light: LightRound[],
  residentPeakMb: number | null,
  answers: Outbound = outbound(10, 4000, 500, 2000),
  besideP99 = 100,
) =>
  ({
    plan: quickPlan,
    postgresql: '18',
    ingest,
    light,
    residentPeakMb,
    outbound: answers,
    neighbour: [{ alone: latency(20), beside: latency(besideP99) }],
  }) satisfies Measured;

test('figure: gives the median, lowest and highest of odd and even numbers of rounds', () => {
  assert.deepEqual(figureOf([3, 1, 2]), { median: 2, low: 1, high: 3 });
  assert.deepEqual(figureOf([4, 1, 2, 3]), { median: 2.5, low: 1, high: 4 });
});

test('judge: takes each ratio within its round when the machine slows down', () => {
  const round = (speed: number) => ({
    bare: turn(1000 * speed),
    parley: turn(500 * speed, 1, 20),
    workflow: turn(350 * speed),
    waiting: turn(450 * speed),
    groupsOfOne: turn(100 * speed),
    full: turn(475 * speed),
  });
  const light = { parley: turn(1, 2), groupsOfOne: turn(1, 2) };
  const judged = judge(measured([round(1), round(0.1), round(0.5)], [light], 150));
  const flat = (value: number) => ({ median: value, low: value, high: value });
  assert.deepEqual(
    judged.map(({ figure }) => figure),
    [0.5, 5, 20, 0.95, 1, 150, 0.7, 0.9, 10, 4000, 8, 2, 100, 5].map(flat),
  );
  assert.ok(judged.every(({ holds }) => holds));
});

test('judge: reports every aim as missed just beyond it', () => {
  const round = {
    bare: turn(1000),
    parley: turn(399, 1, 50),
    workflow: turn(239),
    waiting: turn(359),
    groupsOfOne: turn(134),
    full: turn(350),
  };
  const light = { parley: turn(1, 1.3), groupsOfOne: turn(1, 1) };
  const judged = judge(measured([round], [light], 200, outbound(50, 2999, 600, 6000), 250));
  assert.deepEqual(
    judged.filter(({ holds }) => holds).map(({ aim }) => aim),
    [null, null],
  );
});

test('judge: reports an unknown resident set and does not count it as missed', () => {
  const sides = ['bare', 'parley', 'workflow', 'waiting', 'groupsOfOne', 'full'];
  const round = Object.fromEntries(sides.map((side) => [side, turn(1)])) as IngestRound;
  const light = { parley: turn(1), groupsOfOne: turn(1) };
  const unknown = judge(measured([round], [light], null)).filter(({ figure }) => figure === null);
  assert.deepEqual(
    unknown.map(({ unit, holds }) => ({ unit, holds })),
    [{ unit: ' MB', holds: true }],
  );
});
