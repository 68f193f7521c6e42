import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingAnswer } from '../outgoing/http-client.ts';
import { judgeAnswer, type Verdict } from './webhook-verdict.ts';

const delays = [1_000, 5_000];

const answered = (status: number, fields: object = {}): OutgoingAnswer => ({
  kind: 'answered',
  status,
  retryAfterMs: null,
  body: '',
  isCut: false,
  latencyMs: 1,
  ...fields,
});
const failed = (reason: 'timeout' | 'address_refused' | 'url'): OutgoingAnswer => ({
  kind: 'failed',
  reason,
  detail: 'as the client says',
  latencyMs: 1,
});
const judge = (answer: OutgoingAnswer, attempt = 1): Verdict =>
  judgeAnswer(answer, attempt, delays, 0.5);
const worked = (status: number, answer: unknown) => ({
  do: 'finish',
  outcome: { ok: true, status, answer },
});
const didNot = (reason: string) => ({ do: 'finish', outcome: { ok: false, reason } });

test('webhook verdict: any 2xx, it worked, with the answer if that is JSON', () => {
  assert.deepEqual(judge(answered(200, { body: '{"a":[1]}' })), worked(200, { a: [1] }));
  assert.deepEqual(judge(answered(201, { body: '"text"' })), worked(201, 'text'));
  for (const body of ['', '<html>', '{"a":', '\u0000']) {
    assert.deepEqual(judge(answered(200, { body })), worked(200, null), body);
  }
  assert.deepEqual(judge(answered(204)), worked(204, null));
  assert.deepEqual(judge(answered(200, { body: '1', isCut: true })), worked(200, null));
});

test('webhook verdict: an answer nested without end, it worked and there is no answer', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.deepEqual(judge(answered(200, { body: nested(120_000) })), worked(200, null));
  assert.notDeepEqual(judge(answered(200, { body: nested(60) })), worked(200, null));
});

test('webhook verdict: what may pass, tried again while there are tries', () => {
  const passing = [
    failed('timeout'),
    ...[302, 408, 409, 425, 429, 500, 503].map((s) => answered(s)),
  ];
  for (const answer of passing) {
    assert.deepEqual(judge(answer, 1), { do: 'retry', delayMs: 1_000 });
    assert.deepEqual(judge(answer, 2), { do: 'retry', delayMs: 5_000 });
    assert.equal(judge(answer, 3).do, 'finish');
  }
  assert.deepEqual(judge(answered(500), 3), didNot('it was answered with 500'));
  assert.deepEqual(judge(failed('timeout'), 3), didNot('as the client says'));
});

test('webhook verdict: a reason with what PostgreSQL cannot read, without it', () => {
  const answer = { ...failed('url'), detail: "is not cert's CN: a\u0000b\ud83d" };
  assert.deepEqual(judge(answer), didNot("is not cert's CN: ab\ufffd"));
});

test('webhook verdict: Retry-After, the next try waits that long', () => {
  assert.deepEqual(judge(answered(429, { retryAfterMs: 7_000 })), { do: 'retry', delayMs: 7_000 });
  assert.deepEqual(judge(answered(429, { retryAfterMs: 10 })), { do: 'retry', delayMs: 1_000 });
});

test('webhook verdict: what will not pass by itself, it failed at once', () => {
  for (const status of [400, 401, 404, 410, 422]) {
    assert.deepEqual(judge(answered(status)), didNot(`it was answered with ${status}`));
  }
  for (const reason of ['address_refused', 'url'] as const) {
    assert.deepEqual(judge(failed(reason)), didNot('as the client says'));
  }
});
