// Saved values of a webhook's response: a value of an earlier call is never taken for one of this call, and a value
// that does not fit its attribute is not saved.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobOutcome } from '../../conversation/signal.ts';
import type { Json } from '../../model/model.ts';
import type { SavedValue, Step } from '../definition.ts';
import { sentences, sentIn, signal, startRun } from '../run/context.fixture.ts';

const jobId = 900 * 256 + 2;

const callStep = (save: readonly SavedValue[], more: object = {}): Step => ({
  id: 'h',
  do: 'call_webhook',
  url: 'https://shop.example/',
  method: 'GET',
  headers: {},
  body: null,
  timeoutMs: 3000,
  retryDelaysMs: [],
  save,
  failed: 'sorry',
  next: 'tell',
  ...more,
});

const say = (id: string, body: string): Step => ({ id, do: 'send_message', body, next: null });

/** Gives an outcome to a run whose conversation has the values of an earlier call. */
function answer(
  outcome: JobOutcome,
  save: readonly SavedValue[],
  earlier: { readonly [name: string]: Json } = { order_number: 'shipped' },
) {
  const steps = [
    callStep(save),
    say('tell', 'Your order is {{ attributes.order_number }}.'),
    say('sorry', 'Sorry{{ attributes.order_number }}.'),
  ];
  const { change, context } = startRun(steps, { conversation: { customAttributes: earlier } });
  const after = signal(change, { kind: 'job', jobId, outcome }, context);
  return {
    said: sentIn(after).at(-1),
    attributes: after.conversation.customAttributes,
    line: sentences(after)[0]!,
  };
}

const ok = (body: Json, unusable?: string): JobOutcome => ({
  ok: true,
  status: 200,
  answer: body,
  ...(unusable === undefined ? {} : { unusable }),
});

const state = (required: boolean): readonly SavedValue[] => [
  { attribute: 'order_number', pointer: '/state', required },
];

test('save: a long text is counted in characters, as in the API', () => {
  const { attributes } = answer(ok({ state: '😀'.repeat(10_000) }), state(true));
  assert.equal(attributes['order_number'], '😀'.repeat(10_000));
  const tooLong = answer(ok({ state: '😀'.repeat(10_001) }), state(true));
  assert.equal(tooLong.said, 'Sorry.');
});

const withoutValue: readonly Json[] = [
  { state: null },
  { state: '' },
  { state: ' \n' },
  {},
  [],
  [1],
  'state',
  7,
  null,
  { other: { state: 'x' } },
];

test('save: clears a missing value that is not required', () => {
  for (const body of withoutValue) {
    const { said, attributes, line } = answer(ok(body), state(false));
    assert.equal(said, 'Your order is .', JSON.stringify(body));
    assert.deepEqual(attributes, {});
    assert.match(line, /Cleared “order_number”: the response does not have it/);
  }
});

test('save: a missing required value fails the call and clears the old one', () => {
  for (const body of withoutValue) {
    const { said, attributes, line } = answer(ok(body), state(true));
    assert.equal(said, 'Sorry.', JSON.stringify(body));
    assert.deepEqual(attributes, {});
    assert.match(line, /Did not save “order_number”: the response does not have it.*failure/);
  }
});

test('save: a response that is not JSON fails the call, required or not', () => {
  for (const required of [true, false]) {
    const { said, attributes, line } = answer(ok(null, 'is not JSON'), state(required));
    assert.equal(said, 'Sorry.');
    assert.deepEqual(attributes, {});
    assert.match(line, /response 200.*counts as a failure: it is not JSON/);
  }
});

test('save: any response succeeds when nothing is saved', () => {
  const { said } = answer(ok(null, 'is not JSON'), []);
  assert.equal(said, 'Your order is shipped.');
});

test('save: a call that failed leaves no value of an earlier one', () => {
  const { said, attributes } = answer(
    { ok: false, reason: 'its response had status 500' },
    state(false),
  );
  assert.equal(said, 'Sorry.');
  assert.deepEqual(attributes, {});
});

test('save: a call that is never made leaves no value of an earlier one', () => {
  const step = callStep(state(true), { url: 'https://shop.example/{{ attributes.none }}/' });
  const conversation = { customAttributes: { order_number: 'shipped' } };
  const { change } = startRun([step, say('tell', 'told'), say('sorry', 'Sorry.')], {
    conversation,
  });
  assert.deepEqual(change.jobs, []);
  assert.deepEqual(sentIn(change), ['Sorry.']);
  assert.deepEqual(change.conversation.customAttributes, {});
  assert.match(sentences(change)[1]!, /Did not call .*: a value of its path is empty/);
});

test('save: one value that fails clears the others too', () => {
  const save = [
    { attribute: 'order_number', pointer: '/a' },
    { attribute: 'age', pointer: '/b' },
  ];
  const { attributes, said } = answer(ok({ a: 'EU-1', b: 'many' }), save, { age: 3, city: 'Oslo' });
  assert.equal(said, 'Sorry.');
  assert.deepEqual(attributes, { city: 'Oslo' });
});

const misfits: readonly (readonly [attribute: string, value: Json, line: RegExp])[] = [
  ['age', 'many', /Did not save “age”: it takes a whole number \(type integer\), not “many”/],
  ['age', 5.5, /not “5.5”/],
  ['age', true, /not “true”/],
  ['age', '9007199254740993', /not “9007199254740993”/],
  ['color', 'Purple', /it takes one of its options \(type options\), not “Purple”/],
  ['color', 'red', /not “red”/],
  ['color', 1, /not “1”/],
  ['price', 'cheap', /it takes a number \(type float\), not “cheap”/],
  ['price', '0.12345678901234567890', /not “0.12345678901234567890”/],
  ['gift', 'yes', /it takes true or false \(type boolean\), not “yes”/],
  [
    'day',
    'tomorrow',
    /it takes a date \(YYYY-MM-DD, or unix seconds\) \(type date\), not “tomorrow”/,
  ],
  ['day', '2026-02-30', /not “2026-02-30”/],
  ['moment', '2026-11-22', /\(type datetime\), not/],
  ['order_number', { a: 1 }, /it is an object, not a single value/],
  ['order_number', ['a'], /it is a list, not a single value/],
  ['order_number', 'x'.repeat(10_001), /a text of at most 10000 characters, not “x{79}…”/],
];

test('save: a value that does not fit the attribute fails with a trace', () => {
  for (const [attribute, value, line] of misfits) {
    const save = [{ attribute, pointer: '/v' }];
    const after = answer(ok({ v: value }), save, { [attribute]: 'old' });
    assert.match(after.line, line);
    assert.match(after.said!, /^Sorry/);
    assert.deepEqual(after.attributes, {});
  }
});

test('save: a value that fits is kept as the type of the attribute', () => {
  const fits: readonly (readonly [string, Json, Json])[] = [
    ['age', 5, 5],
    ['age', '5', 5],
    ['color', 'Blue', 'Blue'],
    ['price', 1.5, 1.5],
    ['price', '0.10000000000000001', 0.1],
    ['gift', true, true],
    ['gift', 'False', false],
    ['day', '2026-11-22', 1_795_305_600],
    ['day', 1_795_305_600, 1_795_305_600],
    ['moment', '2026-11-22T10:00:00Z', 1_795_341_600],
    ['order_number', 5, '5'],
    ['order_number', true, 'true'],
    ['order_number', '9007199254740993', '9007199254740993'],
    ['not_defined', 5, 5],
  ];
  for (const [attribute, value, stored] of fits) {
    const { attributes } = answer(ok({ v: value }), [{ attribute, pointer: '/v' }], {});
    assert.deepEqual(attributes, { [attribute]: stored });
  }
});

test('within: cancels the call after its time and goes to `failed`', () => {
  const step = callStep(state(false), { withinMs: 60_000 });
  const conversation = { customAttributes: { order_number: 'shipped' } };
  const steps = [step, say('tell', 'told'), say('sorry', 'Sorry{{ attributes.order_number }}.')];
  const { change, context } = startRun(steps, { conversation });
  assert.equal(change.jobs[0]?.content.withinMs, 60_000);
  assert.equal(change.conversation.run?.waiting?.untilMs, context.nowMs + 60_000);
  assert.deepEqual(sentIn(signal(change, { kind: 'time' }, context, 59_000)), []);
  const after = signal(change, { kind: 'time' }, context, 60_000);
  assert.deepEqual(sentIn(after), ['Sorry.']);
  assert.deepEqual(after.finishedJobIds, [jobId]);
  assert.deepEqual(
    after.ephemeral.map(({ name }) => name),
    ['typing_stopped'],
  );
  const late = signal(after, { kind: 'job', jobId, outcome: ok({ state: 'late' }) }, context);
  assert.deepEqual(late.conversation.customAttributes, {});
});

test('headers: separates those with secrets and ignores secret marks in values', () => {
  const headers = { A: 'Bearer ${secret:orders_key}', B: '{{ contact.name }}', C: 'x' };
  const step = callStep([], {
    headers,
    url: 'https://shop.example/{{ contact.name }}?k=${secret:two}',
  });
  const { change } = startRun([step], { contact: { name: '${secret:other}' } });
  const { content } = change.jobs[0]!;
  assert.equal(content.url, 'https://shop.example/%24%7Bsecret%3Aother%7D?k=${secret:two}');
  assert.deepEqual(content.headers, { B: '${secret:other}', C: 'x' });
  assert.deepEqual(content.secretHeaders, { A: 'Bearer ${secret:orders_key}' });
  assert.deepEqual(content.secretNames?.toSorted(), ['orders_key', 'two']);
});
