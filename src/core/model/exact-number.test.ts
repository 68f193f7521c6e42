import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKeptAsDecimal, isKeptExactly, readExactJson } from './exact-number.ts';

test('exact number: keeps numbers that JavaScript writes as the same number', () => {
  const kept = ['0', '-0', '0.0', '1', '-1.50', '100', '1e2', '1E+2', '0.1', '12e-1', '5e-324'];
  const more = [
    '9007199254740991',
    '9007199254740992',
    '123456789012345680',
    '1.7976931348623157e308',
  ];
  for (const text of [...kept, ...more]) assert.ok(isKeptExactly(text), text);
  const lost = ['9007199254740993', '-9007199254740993', '123456789012345678', '1e400', '1e-400'];
  const others = [
    '0.12345678901234567890',
    '9007199254740991.4',
    '1.00000000000000000001',
    'x',
    '',
  ];
  for (const text of [...lost, ...others]) assert.ok(!isKeptExactly(text), text);
});

test('exact number: a decimal that another language wrote with 17 digits is kept', () => {
  assert.ok(isKeptAsDecimal('0.10000000000000001'));
  assert.ok(!isKeptExactly('0.10000000000000001'));
  assert.ok(!isKeptAsDecimal('0.1000000000000000100'.replace(/1(0*)$/, '12$1')));
  assert.ok(!isKeptAsDecimal('3.14159265358979323846'));
});

test('exact JSON: inexact numbers become texts of their digits, at any depth', () => {
  const text =
    '{"a":9007199254740993,"b":[1,{"c":-0.12345678901234567890}],"d":1e400,"e":1e2,"f":"9007199254740993"}';
  assert.deepEqual(readExactJson(text), {
    a: '9007199254740993',
    b: [1, { c: '-0.12345678901234567890' }],
    d: '1e400',
    e: 100,
    f: '9007199254740993',
  });
  assert.throws(() => readExactJson('{"a":9007199254740993'), SyntaxError);
});

test('exact JSON: every number is read as itself or as its digits', () => {
  const numeral = fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/);
  fc.assert(
    fc.property(numeral, (text) => {
      const [value] = readExactJson(`[${text}]`) as [string | number];
      if (typeof value === 'string') assert.equal(value, text);
      else assert.ok(isKeptExactly(text), text);
    }),
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      isKeptExactly(String(value)),
    ),
  );
});
