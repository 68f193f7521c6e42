import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../model/model.ts';
import type { Condition, Operator } from './condition.ts';
import { checkCondition, describeCondition, holds } from './evaluate.ts';
import type { FieldTable } from './fields.ts';

const T = true;
const F = false;

/** The value of a field, an operator, an operand, and whether the condition holds. */
const table: readonly (readonly [found: Json, operator: Operator, value: Json, holds: boolean])[] =
  [
    ['gold', '=', 'gold', T],
    ['gold', '=', 'Gold', F],
    ['gold', '!=', 'Gold', T],
    [5, '=', '5', T],
    ['5', '=', 5, T],
    ['5.0', '=', 5, T],
    ['5', '=', '5.0', F],
    ['', '=', 0, F],
    ['abc', '=', 0, F],
    [true, '=', true, T],
    [true, '=', 'true', T],
    ['false', '=', false, T],
    [true, '=', 1, F],
    [null, '=', null, T],
    [null, '=', '', F],
    ['', '=', null, F],
    [null, '!=', 'x', T],
    [null, '!=', null, F],
    [0, '!=', null, T],
    ['b', 'IN', ['a', 'b'], T],
    ['c', 'IN', ['a', 'b'], F],
    [7, 'IN', ['7'], T],
    [null, 'IN', ['a', null], T],
    ['c', 'NIN', ['a', 'b'], T],
    ['a', 'NIN', ['a'], F],
    [null, 'NIN', ['a'], T],
    ['a', 'IN', 'a', F],
    [2, '>', 1, T],
    [2, '>', 2, F],
    [2, '<', 2, F],
    ['10', '>', '9', T],
    ['10', '>', 9, T],
    [' 10 ', '>', 9, T],
    ['2026-02-01', '>', '2026-01-31', T],
    ['b', '<', 'a', F],
    ['x', '>', 1, F],
    [null, '<', 5, F],
    [null, '>', -5, F],
    [true, '>', 0, F],
    ['Hello World', '~', 'WORLD', T],
    ['Hello', '~', 'x', F],
    ['Hello', '!~', 'x', T],
    ['Hello', '!~', 'ELL', F],
    [null, '~', 'x', F],
    [null, '!~', 'x', T],
    ['EU-77', '^', 'eu-', T],
    ['xEU-', '^', 'EU-', F],
    ['a@B.com', '$', '@b.com', T],
    ['a@b.com.x', '$', '@b.com', F],
    [12_345, '~', '234', T],
    [12_345, '^', 12, T],
    [[31, 32], '=', 31, T],
    [[31, 32], '=', '32', T],
    [[31, 32], '=', 33, F],
    [[31, 32], '!=', 31, F],
    [[31, 32], '!=', 33, T],
    [[31, 32], 'IN', [1, 32], T],
    [[31, 32], 'NIN', [1, 2], T],
    [[31, 32], 'NIN', [1, 32], F],
    [[31], '>', 30, T],
    [[], '=', null, T],
    [[], '!=', 31, T],
    [['Red'], '~', 'red', T],
    [{ a: 1 }, '=', '[object Object]', F],
    [{ a: 1 }, '~', 'object', F],
  ];

const strict = { isInclusive: false, comparesDays: false };

/** A table with one field, whose value is the source itself. */
const oneField: FieldTable<Json> = {
  semantics: strict,
  fields: new Map([['x', { type: 'any', read: (value) => value }]]),
  families: [],
};

for (const [found, operator, value, expected] of table) {
  const filter = `${JSON.stringify(found)} ${operator} ${JSON.stringify(value)}`;
  test(`condition: ${filter} ${expected ? 'holds' : 'does not hold'}`, () => {
    assert.equal(holds({ field: 'x', operator, value }, oneField, found), expected);
  });
}

const is = (field: string, value: Json): Condition => ({ field, operator: '=', value });

test('condition: AND needs all of its group and OR one', () => {
  const [yes, no] = [is('x', 'user'), is('x', 'lead')];
  assert.equal(holds({ operator: 'AND', value: [yes, yes] }, oneField, 'user'), true);
  assert.equal(holds({ operator: 'AND', value: [yes, no] }, oneField, 'user'), false);
  assert.equal(holds({ operator: 'OR', value: [no, yes] }, oneField, 'user'), true);
  assert.equal(holds({ operator: 'OR', value: [no, no] }, oneField, 'user'), false);
  const inner: Condition = { operator: 'OR', value: [no, yes] };
  assert.equal(holds({ operator: 'AND', value: [yes, inner] }, oneField, 'user'), true);
});

test('condition: endlessly nested groups do not hold and do not throw', () => {
  let deep: Condition = is('x', 'user');
  for (let level = 0; level < 100_000; level += 1) deep = { operator: 'AND', value: [deep] };
  assert.equal(holds(deep, oneField, 'user'), false);
  assert.match(checkCondition(deep, () => true).join(), /at most 2 levels/);
  assert.match(describeCondition(deep), /…/);
});

test('field table: a family takes the rest of a name, dots included', () => {
  const table: FieldTable<Record<string, Json>> = {
    semantics: strict,
    fields: new Map(),
    families: [{ prefix: 'custom.', read: (source, name) => source[name] ?? null }],
  };
  const source = { 'a.b': 1 };
  assert.equal(holds(is('custom.a.b', 1), table, source), true);
  assert.equal(holds(is('other.a.b', null), table, source), true, 'no such field: missing');
});

const knownFields = new Set(['contact.role', 'now']);

const mistakes: readonly (readonly [Condition, readonly string[]])[] = [
  [is('contact.role', 'user'), []],
  [is('contact.roll', 'user'), ['unknown field "contact.roll"']],
  [{ field: 'now', operator: 'IN', value: 3 }, ['now: IN needs a list of values']],
  [{ field: 'now', operator: 'NIN', value: [] }, ['now: NIN needs a list of values']],
  [{ field: 'now', operator: '=', value: [1] }, ['now: = needs a single value']],
  [{ field: 'now', operator: '<', value: null }, ['now: < needs a number or a text']],
  [{ field: 'now', operator: '~', value: '' }, ['now: ~ needs a text']],
  [{ field: 'now', operator: 'is' as Operator, value: 1 }, ['now: unknown operator "is"']],
  [{ operator: 'AND', value: [] }, ['AND needs a list of filters']],
  [
    { operator: 'OR', value: Array.from({ length: 16 }, () => is('now', 1)) },
    ['OR has 16 filters, at most 15 are possible'],
  ],
  [
    { operator: 'OR', value: [{ operator: 'AND', value: [is('x', 1)] }, is('y', 1)] },
    ['unknown field "x"', 'unknown field "y"'],
  ],
];

for (const [condition, expected] of mistakes) {
  test(`condition: the check rejects ${describeCondition(condition).slice(0, 60)}`, () => {
    const found = checkCondition(condition, (field) => knownFields.has(field));
    assert.deepEqual(found, expected);
  });
}

test('describe: a long condition ends with a whole character', () => {
  for (const pad of ['', 'x']) {
    const value = `${pad}${'😀'.repeat(300)}`;
    const line = describeCondition({ field: 'message.body', operator: '=', value });
    assert.ok(line.isWellFormed() && !line.includes('\ufffd'), line);
    assert.equal([...line].length, 200);
  }
});
