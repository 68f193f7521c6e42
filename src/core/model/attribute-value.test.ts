import assert from 'node:assert/strict';
import { test } from 'node:test';
import { castAttributeValue } from './attribute-value.ts';
import type { DataType } from './model.ts';

const cast = (dataType: DataType, text: string) =>
  castAttributeValue(text, { name: 'x', dataType, options: ['a', 'b c'] });

const cases: readonly (readonly [DataType, Record<string, unknown>])[] = [
  ['string', { ' as it is ': ' as it is ' }],
  [
    'integer',
    {
      '42': 42,
      '-7': -7,
      '+1': 1,
      ' 5 ': 5,
      '4.0': undefined,
      '9007199254740993': undefined,
      '0x10': undefined,
      '1e3': undefined,
      '1e999': undefined,
      NaN: undefined,
    },
  ],
  [
    'float',
    {
      '4.5': 4.5,
      '-.5': -0.5,
      '1e3': 1000,
      '5.': 5,
      '1e999': undefined,
      Infinity: undefined,
      '1,5': undefined,
      '0.10000000000000001': 0.1,
      '9007199254740993': undefined,
      '0.12345678901234567890': undefined,
      '1e-400': undefined,
    },
  ],
  ['boolean', { true: true, FALSE: false, yes: undefined, '1': undefined }],
  [
    'date',
    {
      '2026-11-22': 1795305600,
      '2026-02-30': undefined,
      '22.11.2026': undefined,
      '1795305600': 1795305600,
      '2026-11-22T00:00:00Z': undefined,
    },
  ],
  [
    'datetime',
    {
      '2026-11-22T10:00:00Z': 1795341600,
      '2026-11-22T10:00+02:00': 1795334400,
      '2026-11-22': undefined,
      '2026-02-30T10:00:00Z': undefined,
    },
  ],
  ['options', { a: 'a', 'b c': 'b c', A: undefined, c: undefined }],
];

for (const [dataType, expected] of cases) {
  test(`attribute value: ${dataType} casts only values that fit`, () => {
    for (const [text, value] of Object.entries(expected)) {
      assert.equal(cast(dataType, text), value, JSON.stringify(text));
    }
  });
}
