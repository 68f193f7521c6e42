import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange, type Change } from '../../conversation/change.ts';
import type { JobOutcome } from '../../conversation/signal.ts';
import type { Step } from '../definition.ts';
import {
  contextOf,
  nowMs,
  sentences,
  sentIn,
  signal,
  startRun,
  testContact,
  testConversation,
  workflow,
} from './context.fixture.ts';
import { advanceWorkflows, type RunInput } from './interpret.ts';

type DailyStep = Extract<Step, { readonly do: 'wait_until' }>;

const say = (id: string): Step => ({ id, do: 'send_message', body: id, next: null });

const message = (body: string): RunInput => ({ kind: 'message', body });
const time: RunInput = { kind: 'time' };

const click = (id: string, promptPosition: number): RunInput => ({
  kind: 'option_chosen',
  optionId: `${id}-${promptPosition}`,
  text: id,
  promptPosition,
});

type Ask = Extract<Step, { readonly do: 'ask_quick_reply' }>;

const question = (other: Partial<Ask> = {}): Step => ({
  id: 'q',
  do: 'ask_quick_reply',
  body: 'What?',
  options: [
    { id: 'a', text: 'A', next: 'one' },
    { id: 'b-1', text: 'B', next: 'two' },
    { id: 'end', text: 'C', next: null },
  ],
  timeout: { afterMs: 5000, next: 'late' },
  ...other,
});

const ask = (other: Partial<Ask> = {}) =>
  startRun([question(other), say('one'), say('two'), say('typed'), say('late')]);

test('ask_quick_reply: a click goes where the button leads', () => {
  const { change, context } = ask();
  const after = signal(change, click('b-1', 1), context);
  assert.deepEqual(sentIn(after), ['two']);
  assert.equal(sentences(after)[0], 'The contact chose “b-1”.');
  const ended = signal(change, click('end', 1), context);
  assert.deepEqual([sentIn(ended), ended.conversation.run?.endReason], [[], 'completed']);
});

/** Checks that nothing was sent and that the run did not move. */
function assertStays(before: Change, after: Change, why: RegExp) {
  assert.deepEqual([after.parts, after.events, after.jobs, after.ephemeral], [[], [], [], []]);
  assert.equal(after.conversation, before.conversation);
  assert.equal(after.trace.length, 1);
  assert.match(sentences(after)[0]!, why);
}

test('ask_quick_reply: ignores old, foreign and unknown buttons', () => {
  const { change, context } = startRun([question()], { conversation: { partCount: 4 } });
  const isNone = /not a button of the present question/;
  assertStays(change, signal(change, click('a', 3), context), isNone);
  assertStays(change, signal(change, click('x', 5), context), isNone);
  const foreign: RunInput = {
    kind: 'option_chosen',
    optionId: 'a-5',
    text: 'A',
    promptPosition: null,
  };
  assertStays(change, signal(change, foreign, context), isNone);
});

test('ask_quick_reply: ignores a second click', () => {
  const { change, context } = startRun([question(), { ...question(), id: 'one' }, say('two')]);
  const chosen = signal(change, click('a', 1), context);
  assert.equal(chosen.conversation.run?.stepId, 'one');
  assertStays(chosen, signal(chosen, click('a', 1), context), /not a button of the present/);
});

test('ask_quick_reply: a typed message goes to otherwise, or is ignored', () => {
  const open = ask();
  assertStays(
    open.change,
    signal(open.change, message('x'), open.context),
    /does not wait for one/,
  );
  const { change, context } = ask({ otherwise: 'typed' });
  assert.deepEqual(sentIn(signal(change, message('x'), context)), ['typed']);
  const ending = ask({ otherwise: null });
  const ended = signal(ending.change, message('x'), ending.context);
  assert.equal(ended.conversation.run?.endReason, 'completed');
});

test('ask_quick_reply: the time limit acts when it is due', () => {
  const { change, context } = ask();
  assertStays(change, signal(change, time, context, 4999), /its time has not come/);
  assert.deepEqual(sentIn(signal(change, time, context, 5000)), ['late']);
});

test('ask_quick_reply: ignores other signals', () => {
  const { change, context } = ask();
  const attribute: RunInput = { kind: 'attribute', id: 'age', value: '1' };
  assertStays(change, signal(change, attribute, context), /does not wait for “age”/);
  const outcome: JobOutcome = { ok: true, status: 200, answer: null };
  assertStays(change, signal(change, { kind: 'job', jobId: 5, outcome }, context), /late response/);
  assertStays(change, signal(change, { kind: 'created' }, context), /Ignored/);
});

type Collect = Extract<Step, { readonly do: 'collect_attribute' }>;

const collect = (other: Partial<Collect> = {}, full = 0) =>
  startRun(
    [
      {
        id: 'c',
        do: 'collect_attribute',
        attribute: 'order_number',
        prompt: 'Number?',
        pattern: '^[A-Z]-[0-9]+$',
        invalid: 'No: {{ message.body }}',
        attempts: 2,
        failed: 'late',
        timeout: { afterMs: 5000, next: 'typed' },
        next: 'one',
        ...other,
      },
      say('one'),
      say('typed'),
      say('late'),
    ],
    {
      conversation: {
        customAttributes: Object.fromEntries(
          Array.from({ length: full }, (_, index) => [`a${index}`, index]),
        ),
      },
    },
  );

test('collect_attribute: trims and writes a typed answer, and adds a part', () => {
  const { change, context } = collect();
  const after = signal(change, message('  A-12 '), context);
  assert.equal(after.conversation.customAttributes['order_number'], 'A-12');
  assert.deepEqual(after.parts[0]?.eventDetails, {
    workflow: { name: 'Workflow 1' },
    attribute: { name: 'order_number' },
    value: { name: 'A-12' },
  });
  assert.equal(sentIn(after)[1], 'one');
});

test('collect_attribute: asks again after a wrong answer, up to the limit', () => {
  const { change, context } = collect();
  const again = signal(change, message('nonsense'), context);
  assert.deepEqual(sentIn(again), ['No: nonsense']);
  assert.deepEqual(
    again.events.map(({ name }) => name),
    ['new_message', 'attribute_requested'],
  );
  assert.deepEqual(again.conversation.run?.waiting, {
    for: 'attribute',
    attribute: 'order_number',
    attempt: 2,
    sinceMs: nowMs,
    untilMs: nowMs + 5000,
  });
  const failed = signal(again, message('  '), context);
  assert.deepEqual(sentIn(failed), ['late']);
  assert.match(sentences(failed)[0]!, /Answer 2 of 2 was rejected: it is empty/);
});

test('collect_attribute: repeats the prompt when `invalid` is missing', () => {
  const { change, context } = collect({ invalid: null });
  assert.deepEqual(sentIn(signal(change, message('x'), context)), ['Number?']);
});

test('collect_attribute: checks the pattern of a value from the app', () => {
  const { change, context } = collect();
  const event = (value: string): RunInput => ({ kind: 'attribute', id: 'order_number', value });
  assert.deepEqual(sentIn(signal(change, event('A-1'), context)), ['one']);
  const rejected = signal(change, event('a 1'), context);
  assert.deepEqual(sentIn(rejected), ['No:']);
  assert.match(sentences(rejected)[0]!, /does not match the pattern; it stays written/);
  assert.match(sentences(signal(change, event(''), context))[0]!, /it is empty/);
  const other: RunInput = { kind: 'attribute', id: 'color', value: 'Red' };
  assertStays(change, signal(change, other, context), /does not wait for “color”/);
  assertStays(change, signal(change, click('a', 1), context), /not a button/);
});

test('collect_attribute: the time limit goes where it leads', () => {
  const { change, context } = collect();
  assert.deepEqual(sentIn(signal(change, time, context, 5000)), ['typed']);
});

const typed = (attribute: string, text: string) => {
  const { change, context } = collect({ attribute, pattern: null });
  return signal(change, message(text), context);
};

test('collect_attribute: casts a typed text to the type of the attribute', () => {
  assert.equal(typed('age', '42').conversation.customAttributes['age'], 42);
  assert.match(sentences(typed('age', 'old'))[0]!, /does not fit the type/);
  assert.equal(typed('color', 'red').conversation.customAttributes['color'], 'Red');
  assert.match(sentences(typed('color', 'green'))[0]!, /does not fit the type/);
  assert.equal(typed('plan', 'silver').contact.customAttributes['plan'], 'silver');
  assert.equal(typed('free', 'x').conversation.customAttributes['free'], 'x');
  assert.equal(typed('email', 'b@example.com').contact.email, 'b@example.com');
  assert.match(sentences(typed('email', 'b'))[0]!, /does not fit the type/);
  assert.match(sentences(typed('free', 'x'.repeat(10_001)))[0]!, /does not fit the type/);
});

test('collect_attribute: fails at once when the attributes are full', () => {
  const { change, context } = collect({ pattern: null }, 250);
  const after = signal(change, message('x'), context);
  assert.deepEqual(sentIn(after), ['late']);
  assert.match(sentences(after)[0]!, /too many attributes/);
});

test('collect_attribute: matches any pattern in linear time', () => {
  const { change, context } = collect({ pattern: '^(a+)+$' });
  assert.deepEqual(sentIn(signal(change, message(`${'a'.repeat(50_000)}!`), context)).length, 1);
});

test('wait: messages do not shorten it', () => {
  const { change, context } = startRun([
    { id: 'w', do: 'wait', forMs: 2000, next: 'one' },
    say('one'),
  ]);
  assertStays(change, signal(change, message('hello?'), context), /does not wait for one/);
  assertStays(change, signal(change, time, context, 1999), /its time has not come/);
  assert.deepEqual(sentIn(signal(change, time, context, 2000)), ['one']);
});

test('wait_for_message: the next step sees the message', () => {
  const { change, context } = startRun([
    { id: 'w', do: 'wait_for_message', timeout: { afterMs: 9000, next: 'late' }, next: 'one' },
    { id: 'one', do: 'send_message', body: 'You said {{ message.body }}', next: null },
    say('late'),
  ]);
  assert.deepEqual(sentIn(signal(change, message('hey'), context)), ['You said hey']);
  assert.deepEqual(sentIn(signal(change, time, context, 9000)), ['late']);
  assertStays(change, signal(change, click('a', 1), context), /not a button/);
});

const call = startRun([
  {
    id: 'h',
    do: 'call_webhook',
    url: 'https://shop.example/',
    method: 'GET',
    headers: {},
    body: null,
    timeoutMs: 3000,
    retryDelaysMs: [],
    save: [
      { attribute: 'status', pointer: '/order/status' },
      { attribute: 'second', pointer: '/list/1' },
      { attribute: 'odd', pointer: '/a~1b~0c' },
      { attribute: 'gone', pointer: '/order/none' },
      { attribute: 'proto', pointer: '/constructor/name' },
      { attribute: 'bad', pointer: 'order' },
    ],
    failed: 'late',
    next: 'one',
  },
  say('one'),
  say('late'),
]);

const jobId = 900 * 256 + 2;

const finished = (outcome: JobOutcome, id = jobId) =>
  signal(call.change, { kind: 'job', jobId: id, outcome }, call.context);

test('call_webhook: saves single values and clears the rest', () => {
  const answer = { order: { status: 'x\u0000\ud800' }, list: [1, 2], 'a/b~c': true };
  const after = finished({ ok: true, status: 201, answer });
  assert.deepEqual(after.conversation.customAttributes, {
    city: 'Oslo',
    status: 'x\u{fffd}',
    second: 2,
    odd: true,
  });
  assert.deepEqual(sentIn(after), ['one']);
  assert.deepEqual(
    after.ephemeral.map(({ name }) => name),
    ['typing_stopped'],
  );
  const [line] = sentences(after);
  assert.match(line!, /response 201.*Saved “status”.*Cleared “gone”: the response does not/);
  assert.match(line!, /Cleared “proto”.*Cleared “bad”/);
});

test('call_webhook: a failure goes to `failed` and stops the typing', () => {
  const after = finished({ ok: false, reason: 'timed out' });
  assert.deepEqual(sentIn(after), ['late']);
  assert.deepEqual(
    after.ephemeral.map(({ name }) => name),
    ['typing_stopped'],
  );
  assert.equal(sentences(after)[0], 'The call failed: timed out.');
});

test('call_webhook: ignores the result of another call', () => {
  const late = finished({ ok: false, reason: 'x' }, jobId + 1);
  assertStays(call.change, late, /late response/);
  assertStays(call.change, signal(call.change, time, call.context, 1e9), /time has not come/);
  assertStays(
    call.change,
    signal(call.change, message('hi'), call.context),
    /does not wait for one/,
  );
});

const day = (text: string) => Date.parse(text);

/** Returns the time at which a run that reaches the step goes on, in a channel with a time zone. */
function waitsFrom(at: string, step: Partial<DailyStep>, timeZone: string | null = null) {
  const daily: DailyStep = {
    id: 'w',
    do: 'wait_until',
    minuteOfDay: 540,
    weekdays: [0, 1, 2, 3, 4, 5, 6],
    zone: null,
    next: 'one',
    ...step,
  };
  const { context } = startRun([]);
  const steps = [daily, say('one')];
  const there = {
    ...contextOf([workflow(steps)], { nowMs: day(at) }),
    channel: { ...context.channel, timeZone },
  };
  const change = advanceWorkflows(
    beginChange(testContact, testConversation),
    { kind: 'created' },
    there,
  );
  return { change, context: there, untilMs: change.conversation.run?.waiting?.untilMs ?? null };
}

test('wait until: uses the zone of the step, the channel or UTC', () => {
  // 22 November 2026 is a Sunday.
  const cases: readonly (readonly [string, Partial<DailyStep>, string | null, string])[] = [
    ['2026-11-22T08:59:59Z', {}, null, '2026-11-22T09:00:00Z'],
    ['2026-11-22T09:00:00Z', {}, null, '2026-11-23T09:00:00Z'],
    ['2026-11-22T08:59:59Z', {}, 'Europe/Berlin', '2026-11-23T08:00:00Z'],
    ['2026-11-22T08:59:59Z', { zone: 'America/New_York' }, 'Europe/Berlin', '2026-11-22T14:00:00Z'],
    ['2026-11-22T08:00:00Z', { weekdays: [1, 2, 3, 4, 5] }, null, '2026-11-23T09:00:00Z'],
    ['2026-11-20T10:00:00Z', { weekdays: [1, 5] }, null, '2026-11-23T09:00:00Z'],
    ['2026-11-22T10:00:00Z', { weekdays: [0] }, null, '2026-11-29T09:00:00Z'],
    // It is Monday there already.
    [
      '2026-11-22T20:00:00Z',
      { weekdays: [1], zone: 'Pacific/Auckland' },
      null,
      '2026-11-29T20:00:00Z',
    ],
    // The clocks change meanwhile: the same time of day, another duration.
    ['2026-03-28T09:00:00Z', { zone: 'Europe/Berlin' }, null, '2026-03-29T07:00:00Z'],
    ['2026-10-24T09:00:00Z', { zone: 'Europe/Berlin' }, null, '2026-10-25T08:00:00Z'],
    ['2026-11-22T08:59:59Z', { zone: 'Not/There' }, 'Nor/There', '2026-11-22T09:00:00Z'],
  ];
  for (const [at, step, zone, until] of cases) {
    const { untilMs } = waitsFrom(at, step, zone);
    assert.equal(new Date(untilMs ?? 0).toISOString(), new Date(until).toISOString(), at);
  }
});

test('wait until: goes on at its time and not earlier', () => {
  const { change, context, untilMs } = waitsFrom('2026-11-22T08:00:00Z', { weekdays: [0, 1] });
  assert.match(sentences(change)[1]!, /^Waits until 09:00 on mon, sun \(UTC\)\.$/);
  const early = signal(change, message('Well?'), context);
  assert.deepEqual(sentIn(early), []);
  const late = signal(change, time, context, untilMs! - context.nowMs);
  assert.deepEqual(sentIn(late), ['one']);
  assert.ok(sentences(late).includes('The wait is over.'));
});
