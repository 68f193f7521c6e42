import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanJson } from './clean-json.ts';

test('clean json: removes NUL and half characters at every depth', () => {
  const dirty = { 'a\u0000': ['x\u0000y', { '\ud800': 'z\udc00' }], n: 1, b: true, o: null };
  assert.deepEqual(cleanJson(dirty), {
    a: ['xy', { '\ufffd': 'z\ufffd' }],
    n: 1,
    b: true,
    o: null,
  });
});

test('clean json: turns infinite numbers into null', () => {
  const answer = JSON.parse('{"total": 1e999, "list": [-1e999, 1e30]}');
  assert.deepEqual(cleanJson(answer), { total: null, list: [null, 1e30] });
});
