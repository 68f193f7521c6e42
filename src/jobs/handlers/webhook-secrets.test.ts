import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobOutcome } from '../../core/conversation/signal.ts';
import { readResponseJson } from '../../core/workflow/steps/response-json.ts';
import { withoutValues } from './webhook-secrets.ts';

const value = 'sk/live+ab"c\\d==$& x\tyz<>\'%2F';
const values = new Map([
  ['key', value],
  ['part', 'sk/live+'],
  ['digits', '1234567890'],
  ['short', 'abc'],
]);

const hiddenIn = (body: string): JobOutcome =>
  withoutValues({ ok: true, status: 200, ...readResponseJson(body) }, values);

const asCodes = (text: string): string =>
  [...text].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

test('call secrets: a response that repeats a value is masked in every escaping', () => {
  const json = JSON.stringify(value).slice(1, -1);
  const inUrl = encodeURIComponent(value);
  const forms: Record<string, string> = {
    JSON: json,
    'JSON with escaped slashes': json.replaceAll('/', '\\/'),
    'JSON with escaped angle brackets': json.replace('<', '\\u003c').replace('>', '\\u003E'),
    'JSON in codes': asCodes(value),
    'a URL': inUrl,
    'a URL in lower case': inUrl.replaceAll(/%../g, (one) => one.toLowerCase()),
    'a form': new URLSearchParams({ value }).toString().slice('value='.length),
  };
  const answer = { v: ['before *** behind'], '***': '***' };
  for (const [name, text] of Object.entries(forms)) {
    const outcome = hiddenIn(`{"v":["before ${text} behind"],"${text}":"sk\\/live+"}`);
    assert.deepEqual(outcome, { ok: true, status: 200, answer }, name);
  }
});

test('call secrets: a value that is a number is masked as a number', () => {
  const answer = { v: '***', w: 123456789, x: -0.5, y: null, z: true };
  const outcome = hiddenIn('{"v":1234567890,"w":123456789,"x":-0.5,"y":null,"z":true}');
  assert.deepEqual(outcome, { ok: true, status: 200, answer });
});

test('call secrets: other text stays; short values are masked in failures only', () => {
  const answer = { v: 'abc sk/live-+ sk.live+ $& ***' };
  assert.deepEqual(hiddenIn(JSON.stringify(answer)), { ok: true, status: 200, answer });
  const failed: JobOutcome = { ok: false, reason: 'no abc' };
  assert.deepEqual(withoutValues(failed, values), { ok: false, reason: 'no ***' });
});
