import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classifyResponse,
  type DeliveryTry,
  endpointPatienceMs,
  judgeDelivery,
} from './delivery-verdict.ts';
import { defaultRetryDelaysMs, nextDelayMs, resendDelaysMs } from './retry-schedule.ts';

test('retry schedule: the default rises from a second to a day and ends', () => {
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

test('retry schedule: jitter changes a delay by 15 % at most', () => {
  assert.equal(nextDelayMs([10_000], 1, 0, null), 8_500);
  assert.equal(nextDelayMs([10_000], 1, 0.5, null), 10_000);
  assert.equal(nextDelayMs([10_000], 1, 1, null), 11_500);
});

test('retry schedule: Retry-After only lengthens a delay, up to a day', () => {
  assert.equal(nextDelayMs([10_000], 1, 0.5, 2_000), 10_000);
  assert.equal(nextDelayMs([10_000], 1, 0.5, 60_000), 60_000);
  assert.equal(nextDelayMs([10_000], 1, 0.5, 1e12), 86_400_000);
  assert.equal(nextDelayMs([10_000], 2, 0.5, 60_000), null);
});

test('responses: each status means what the documentation says', () => {
  const statuses = {
    delivered: [200, 201, 204, 299],
    disable: [410],
    dead_letter: [400, 401, 403, 404, 405, 411, 413, 422, 451, 499],
    retry: [301, 302, 307, 308, 408, 409, 425, 429, 500, 502, 503, 504, 599],
  } as const;
  for (const [verdict, list] of Object.entries(statuses)) {
    for (const status of list) {
      assert.equal(classifyResponse({ kind: 'responded', status }), verdict, `${status}`);
    }
  }
  assert.equal(classifyResponse({ kind: 'failed' }), 'retry');
});

const around: DeliveryTry = {
  schedule: [1_000, 10_000],
  tries: 1,
  triedForMs: 0,
  random01: 0.5,
  retryAfterMs: null,
  takesOthers: false,
  rejectsAll: false,
};
const judge = (status: number, fields: Partial<DeliveryTry> = {}) =>
  judgeDelivery({ kind: 'responded', status }, { ...around, ...fields });

test('deliveries: retry an event whose call is rejected', () => {
  for (const status of [
    401, 402, 403, 404, 405, 406, 407, 411, 415, 418, 421, 426, 431, 451, 499,
  ]) {
    assert.deepEqual(judge(status), { outcome: 'retry', delayMs: 1_000 }, `${status}`);
    assert.deepEqual(judge(status, { tries: 2 }), { outcome: 'retry', delayMs: 10_000 });
    assert.deepEqual(judge(status, { tries: 3 }), { outcome: 'parked', delayMs: null });
    const hours = { triedForMs: 40 * 3_600_000, schedule: defaultRetryDelaysMs, tries: 11 };
    assert.equal(judge(status, hours).outcome, 'retry', `${status} after forty hours`);
  }
});

test('deliveries: dead-letter an event rejected for an hour while others pass', () => {
  const early = { takesOthers: true, triedForMs: endpointPatienceMs - 1 };
  assert.equal(judge(404, early).outcome, 'retry');
  const late = { takesOthers: true, triedForMs: endpointPatienceMs };
  assert.deepEqual(judge(404, late), { outcome: 'parked', delayMs: null });
  assert.equal(judge(503, late).outcome, 'retry');
});

test('deliveries: dead-letter rejected content at once, unless all is rejected', () => {
  for (const status of [400, 413, 422]) {
    assert.deepEqual(judge(status), { outcome: 'parked', delayMs: null }, `${status}`);
    assert.deepEqual(judge(status, { rejectsAll: true }), { outcome: 'retry', delayMs: 1_000 });
  }
});

test('deliveries: 2xx always delivers and 410 always disables', () => {
  for (const fields of [{}, { refusesAll: true }, { takesOthers: true, triedForMs: 1e9 }]) {
    assert.equal(judge(204, fields).outcome, 'delivered');
    assert.deepEqual(judge(410, fields), { outcome: 'disabled', delayMs: 0 });
  }
});
