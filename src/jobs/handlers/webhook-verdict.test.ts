import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingResponse } from '../../outgoing/http-client.ts';
import type { JobVerdict } from '../job-handler.ts';
import { judgeResponse, type Progress } from './webhook-verdict.ts';

const delays = [1_000, 5_000];

const responseOf = (status: number, fields: object = {}): OutgoingResponse => ({
  kind: 'responded',
  status,
  retryAfterMs: null,
  body: '',
  isCut: false,
  latencyMs: 1,
  ...fields,
});
const failed = (reason: 'timeout' | 'address_refused' | 'url'): OutgoingResponse => ({
  kind: 'failed',
  reason,
  detail: 'as the client says',
  latencyMs: 1,
});
const judge = (
  response: OutgoingResponse,
  attempt = 1,
  fields: Partial<Progress> = {},
): JobVerdict => {
  const progress = { attempt, retryDelaysMs: delays, timeoutMs: 10_000, elapsedMs: 50 };
  return judgeResponse(response, { ...progress, ...fields }, 0.5);
};
const worked = (status: number, answer: unknown) => ({
  do: 'finish',
  outcome: { ok: true, status, answer },
});
const didNot = (reason: string) => ({ do: 'finish', outcome: { ok: false, reason } });

const unusable = (status: number, why: string) => ({
  do: 'finish',
  outcome: { ok: true, status, answer: null, unusable: why },
});

test('webhook verdict: any 2xx succeeds with the JSON of its response', () => {
  assert.deepEqual(judge(responseOf(200, { body: '{"a":[1]}' })), worked(200, { a: [1] }));
  assert.deepEqual(judge(responseOf(201, { body: '"text"' })), worked(201, 'text'));
  assert.deepEqual(judge(responseOf(204)), worked(204, null));
  assert.deepEqual(judge(responseOf(200, { body: ' \n' })), worked(200, null));
  for (const body of ['<html>', 'ok', '{"a":', '\u0000', '{"a":1}x']) {
    assert.deepEqual(judge(responseOf(200, { body })), unusable(200, 'is not JSON'), body);
  }
});

test('webhook verdict: a number that JavaScript would change is kept as its digits', () => {
  const body = '{"state":9007199254740993,"list":[0.12345678901234567890,1.5]}';
  const answer = { state: '9007199254740993', list: ['0.12345678901234567890', 1.5] };
  assert.deepEqual(judge(responseOf(200, { body })), worked(200, answer));
});

test('webhook verdict: a response that cannot be read completely is a failure', () => {
  const large = judge(responseOf(200, { body: '1', isCut: true }));
  assert.deepEqual(large, didNot('its response is too large: at most 256 KB are read'));
  const broken = judge(responseOf(200, { unreadable: 'it is no valid gzip' }));
  assert.deepEqual(broken, didNot('its response cannot be read: it is no valid gzip'));
});

test('webhook verdict: a response that is not UTF-8 is unusable', () => {
  const latin = judge(responseOf(200, { body: '{"name":"Gr\ufffd\ufffde"}', isGarbled: true }));
  assert.deepEqual(latin, unusable(200, 'is not UTF-8'));
  const meant = judge(responseOf(200, { body: '"\ufffd"' }));
  assert.deepEqual(meant, worked(200, '\ufffd'));
});

test('webhook verdict: an excessively nested response is unusable', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const deep = judge(responseOf(200, { body: nested(120_000) }));
  assert.deepEqual(deep, unusable(200, 'is nested more than 64 levels deep'));
  const verdict = judge(responseOf(200, { body: nested(60) }));
  assert.ok(verdict.do === 'finish' && verdict.outcome.ok);
  assert.equal(verdict.outcome.unusable, undefined);
});

test('webhook verdict: a transient failure is retried until the last attempt', () => {
  const transient = [
    failed('timeout'),
    ...[302, 408, 409, 425, 429, 500, 503].map((s) => responseOf(s)),
  ];
  for (const response of transient) {
    assert.deepEqual(judge(response, 1), { do: 'retry', delayMs: 1_000 });
    assert.deepEqual(judge(response, 2), { do: 'retry', delayMs: 5_000 });
    assert.equal(judge(response, 3).do, 'finish');
  }
  assert.deepEqual(judge(responseOf(500), 3), didNot('its response had status 500'));
  assert.deepEqual(judge(failed('timeout'), 3), didNot('as the client says'));
});

test('webhook verdict: characters that PostgreSQL rejects are left out of a reason', () => {
  const answer = { ...failed('url'), detail: "is not cert's CN: a\u0000b\ud83d" };
  assert.deepEqual(judge(answer), didNot("is not cert's CN: ab\ufffd"));
});

test('webhook verdict: Retry-After delays a retry within the limits of the step', () => {
  assert.deepEqual(judge(responseOf(429, { retryAfterMs: 7_000 })), {
    do: 'retry',
    delayMs: 7_000,
  });
  assert.deepEqual(judge(responseOf(429, { retryAfterMs: 10 })), { do: 'retry', delayMs: 1_000 });
});

test('webhook verdict: Retry-After beyond the limits of the step ends the call', () => {
  const day = responseOf(503, { retryAfterMs: 86_400_000 });
  const why =
    'its response had status 503, and asks for a pause of 1440 min, longer than the step may take';
  const short = { retryDelaysMs: [1_000], timeoutMs: 3_000 };
  assert.deepEqual(judge(day, 1, short), didNot(why));
  const brief = responseOf(503, { retryAfterMs: 3_000 });
  assert.deepEqual(judge(brief, 1, short), { do: 'retry', delayMs: 3_000 });
  assert.equal(judge(brief, 1, { ...short, elapsedMs: 1_500 }).do, 'finish');
  assert.deepEqual(judge(day, 1, { ...short, withinMs: 90_000_000 }), {
    do: 'retry',
    delayMs: 86_400_000,
  });
});

test('webhook verdict: no attempt begins after the time of the step', () => {
  const late = { withinMs: 10_000, elapsedMs: 9_200 };
  const why = 'its response had status 500, and the time of the step is over before the next try';
  assert.deepEqual(judge(responseOf(500), 1, late), didNot(why));
  assert.equal(judge(responseOf(500), 1, { ...late, elapsedMs: 8_900 }).do, 'retry');
  // The retries of the workflow file always fit, however late the first call was.
  assert.equal(judge(responseOf(500), 1, { elapsedMs: 1e9 }).do, 'retry');
});

test('webhook verdict: a permanent failure ends the call at once', () => {
  for (const status of [400, 401, 404, 410, 422]) {
    assert.deepEqual(judge(responseOf(status)), didNot(`its response had status ${status}`));
  }
  for (const reason of ['address_refused', 'url'] as const) {
    assert.deepEqual(judge(failed(reason)), didNot('as the client says'));
  }
});
