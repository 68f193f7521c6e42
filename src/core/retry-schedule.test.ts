import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classifyAnswer,
  defaultRetryDelaysMs,
  nextDelayMs,
  resendDelaysMs,
} from './retry-schedule.ts';

test('retry schedule: the default, it rises from a second to a day and ends', () => {
  assert.equal(defaultRetryDelaysMs.length, 13);
  assert.equal(defaultRetryDelaysMs[0], 1000);
  assert.equal(defaultRetryDelaysMs.at(-1), 86_400_000);
  assert.deepEqual(
    defaultRetryDelaysMs,
    defaultRetryDelaysMs.toSorted((a, b) => a - b),
  );
  assert.equal(nextDelayMs(defaultRetryDelaysMs, 13, 0.5, null), 86_400_000);
  assert.equal(nextDelayMs(defaultRetryDelaysMs, 14, 0.5, null), null);
  assert.equal(nextDelayMs(resendDelaysMs, 4, 0.5, null), null);
  assert.equal(nextDelayMs([], 1, 0.5, null), null);
});

test('retry schedule: chance, it moves a delay by 15 % at most', () => {
  assert.equal(nextDelayMs([10_000], 1, 0, null), 8_500);
  assert.equal(nextDelayMs([10_000], 1, 0.5, null), 10_000);
  assert.equal(nextDelayMs([10_000], 1, 1, null), 11_500);
});

test('retry schedule: Retry-After, it can only lengthen a delay, and not beyond a day', () => {
  assert.equal(nextDelayMs([10_000], 1, 0.5, 2_000), 10_000);
  assert.equal(nextDelayMs([10_000], 1, 0.5, 60_000), 60_000);
  assert.equal(nextDelayMs([10_000], 1, 0.5, 1e12), 86_400_000);
  assert.equal(nextDelayMs([10_000], 2, 0.5, 60_000), null);
});

test('answers: each status, it means what the documentation says', () => {
  const statuses = {
    delivered: [200, 201, 204, 299],
    disable: [410],
    park: [400, 401, 403, 404, 405, 411, 413, 422, 451, 499],
    retry: [301, 302, 307, 308, 408, 409, 425, 429, 500, 502, 503, 504, 599],
  } as const;
  for (const [verdict, list] of Object.entries(statuses)) {
    for (const status of list) {
      assert.equal(classifyAnswer({ kind: 'answered', status }), verdict, `${status}`);
    }
  }
  assert.equal(classifyAnswer({ kind: 'failed' }), 'retry');
});
