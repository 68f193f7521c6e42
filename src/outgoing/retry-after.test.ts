import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetryAfter } from './retry-after.ts';

const now = Date.UTC(2026, 0, 1);
const day = 24 * 60 * 60 * 1000;

test('Retry-After: seconds and HTTP dates are read; other values are ignored', () => {
  const cases: readonly (readonly [string | undefined, number | null])[] = [
    ['0', 0],
    ['7', 7000],
    [' 120 ', 120_000],
    ['99999999999', day],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['Fri, 01 Jan 2027 00:00:00 GMT', day],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['2026-01-01', null],
    ['', null],
    [undefined, null],
  ];
  for (const [value, expected] of cases) assert.equal(readRetryAfter(value, now), expected, value);
});
