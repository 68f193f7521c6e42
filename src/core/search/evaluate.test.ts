import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange } from '../conversation/change.ts';
import type { Json } from '../model/model.ts';
import type { Condition, Operator } from '../workflow/definition.ts';
import { contextOf, testContact, testConversation } from '../workflow/run/context.fixture.ts';
import { factsOf, knownFields, readFact } from '../workflow/run/facts.ts';
import { checkCondition, describeCondition, holds, matches } from './evaluate.ts';

const T = true;
const F = false;

/** What a field holds, an operator, a value, and whether that is so. */
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

for (const [found, operator, value, expected] of table) {
  const said = `${JSON.stringify(found)} ${operator} ${JSON.stringify(value)}`;
  test(`condition: ${said}, it ${expected ? 'holds' : 'does not hold'}`, () => {
    assert.equal(
      matches({ field: 'x', operator, value }, () => found),
      expected,
    );
  });
}

const facts = factsOf(beginChange(testContact, testConversation), contextOf([]), {
  message: 'Where is it?',
  option: null,
  attribute: null,
});

const is = (field: string, value: Json): Condition => ({ field, operator: '=', value });

test('condition: groups, AND needs all and OR one', () => {
  const [yes, no] = [is('contact.role', 'user'), is('contact.role', 'lead')];
  assert.equal(holds({ operator: 'AND', value: [yes, yes] }, facts), true);
  assert.equal(holds({ operator: 'AND', value: [yes, no] }, facts), false);
  assert.equal(holds({ operator: 'OR', value: [no, yes] }, facts), true);
  assert.equal(holds({ operator: 'OR', value: [no, no] }, facts), false);
  const inner: Condition = { operator: 'OR', value: [no, yes] };
  assert.equal(holds({ operator: 'AND', value: [yes, inner] }, facts), true);
});

test('condition: groups without end, they do not hold and nothing breaks', () => {
  let deep: Condition = is('contact.role', 'user');
  for (let level = 0; level < 100_000; level += 1) deep = { operator: 'AND', value: [deep] };
  assert.equal(holds(deep, facts), false);
  assert.match(checkCondition(deep, () => true).join(), /at most 2 levels/);
  assert.match(describeCondition(deep), /…/);
});

test('facts: paths, each leads to its value', () => {
  const paths: readonly (readonly [string, Json])[] = [
    ['contact.name', 'Ada'],
    ['contact.custom_attributes.city', 'Lima'],
    ['conversation.custom_attributes.city', 'Oslo'],
    ['attributes.city', 'Oslo'],
    ['attributes.plan', 'gold'],
    ['conversation.id', '70401'],
    ['conversation.tag_ids', []],
    ['channel.name', 'Mobile app'],
    ['message.body', 'Where is it?'],
    ['quick_reply.text', null],
    ['now', Math.floor(contextOf([]).nowMs / 1000)],
    ['contact.constructor', null],
    ['constructor', null],
    ['contact.name.length', null],
    ['contact', readFact(facts, 'contact')],
    ['', null],
    ['.', null],
    ['nothing.at.all', null],
  ];
  for (const [path, value] of paths) assert.deepEqual(readFact(facts, path), value, path);
});

test('facts: an attribute with dots in its name, the whole rest is the name', () => {
  const conversation = { ...testConversation, customAttributes: { 'a.b': 'c' } };
  const dotted = factsOf(beginChange(testContact, conversation), contextOf([]), {
    message: null,
    option: null,
    attribute: null,
  });
  assert.equal(readFact(dotted, 'conversation.custom_attributes.a.b'), 'c');
  assert.equal(readFact(dotted, 'attributes.a.b'), 'c');
});

test('facts: the list of known fields, it names exactly what is there', () => {
  const paths = Object.entries(facts).flatMap(([name, value]) =>
    typeof value !== 'object' || name === 'attributes'
      ? [name]
      : Object.keys(value).map((field) => `${name}.${field}`),
  );
  assert.deepEqual([...knownFields].sort(), paths.sort());
});

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
  test(`condition: ${describeCondition(condition).slice(0, 60)}, the check finds what is wrong`, () => {
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
