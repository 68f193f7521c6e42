import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange } from '../../conversation/change.ts';
import type { Conversation, Json } from '../../model/model.ts';
import type { Step } from '../definition.ts';
import {
  contextOf,
  nowMs,
  sentences,
  sentIn,
  startRun,
  testContact,
  testConversation,
  workflow,
} from '../run/context.fixture.ts';
import { advanceWorkflows } from '../run/interpret.ts';

const saysDone = { do: 'send_message', body: 'Done', next: null } as const;

const eventsOf = (change: { readonly events: readonly { readonly name: string }[] }) =>
  change.events.map(({ name }) => name);

const run = (steps: readonly Step[], conversation: Partial<Conversation> = {}) =>
  startRun(steps, { conversation }).change;

test('send_message: sends the rendered template', () => {
  const change = run([{ id: 'a', do: 'send_message', body: 'Hi {{ contact.name }}', next: null }]);
  assert.deepEqual(sentIn(change), ['Hi Ada']);
  assert.deepEqual(eventsOf(change), ['new_message']);
  assert.equal(change.conversation.run?.endReason, 'completed');
  assert.deepEqual(sentences(change), [
    'Started by new_conversation.',
    'Sent “Hi Ada”.',
    'Completed.',
  ]);
});

test('send_message: skips an empty text with a trace', () => {
  const change = run([{ id: 'a', do: 'send_message', body: ' {{ contact.phone }} ', next: null }]);
  assert.deepEqual(sentIn(change), []);
  assert.ok(sentences(change).includes('Skipped: the text is empty.'));
});

test('send_message: sends the rest when a filter fails, with a trace', () => {
  const body = 'Hi{{ "%zz" | url_decode }}!';
  const change = run([{ id: 'a', do: 'send_message', body, next: null }]);
  assert.deepEqual(sentIn(change), ['Hi!']);
  assert.match(sentences(change)[1]!, /^Sent “Hi!”\. Template: url_decode: URI malformed/);
});

test('ask_quick_reply: ids carry the position, and empty texts become ids', () => {
  const options = [
    { id: 'order', text: 'An {{ "order" }}', next: null },
    { id: 'other', text: '{{ contact.phone }}', next: null },
  ];
  const timeout = { afterMs: 5000, next: null };
  const change = run(
    [{ id: 'q', do: 'ask_quick_reply', body: '{{ contact.phone }}', options, timeout }],
    { partCount: 7 },
  );
  assert.equal(change.parts[0]?.body, null);
  assert.deepEqual(change.parts[0]?.metadata?.['quick_reply_options'], [
    { text: 'An order', uuid: 'order-8' },
    { text: 'other', uuid: 'other-8' },
  ]);
  assert.deepEqual(change.conversation.run?.waiting, {
    for: 'quick_reply',
    promptPosition: 8,
    offered: [
      { id: 'order', text: 'An order' },
      { id: 'other', text: 'other' },
    ],
    sinceMs: nowMs,
    untilMs: nowMs + 5000,
  });
});

test('collect_attribute: asks with a message and with a request', () => {
  const change = run([
    {
      id: 'c',
      do: 'collect_attribute',
      attribute: 'color',
      prompt: 'Which one?',
      pattern: null,
      invalid: null,
      attempts: 2,
      failed: null,
      timeout: null,
      next: null,
    },
  ]);
  assert.deepEqual(sentIn(change), ['Which one?']);
  assert.deepEqual(eventsOf(change), ['new_message', 'attribute_requested']);
  assert.deepEqual(change.requestedAttributes, ['color']);
  assert.equal(change.conversation.run?.waiting?.for, 'attribute');
});

test('branch: goes to the first case that holds, else to otherwise', () => {
  const to = (city: string) =>
    sentIn(
      run(
        [
          {
            id: 'b',
            do: 'branch',
            cases: [
              { when: { field: 'attributes.city', operator: '=', value: 'Oslo' }, next: 'one' },
              { when: { field: 'attributes.city', operator: '^', value: 'O' }, next: 'two' },
            ],
            otherwise: 'three',
          },
          ...['one', 'two', 'three'].map(
            (id): Step => ({ id, do: 'send_message', body: id, next: null }),
          ),
        ],
        { customAttributes: { city } },
      ),
    );
  assert.deepEqual(to('Oslo'), ['one']);
  assert.deepEqual(to('Olten'), ['two']);
  assert.deepEqual(to('Rome'), ['three']);
});

test('wait: waits for the duration', () => {
  const { waiting } = run([{ id: 'w', do: 'wait', forMs: 2000, next: null }]).conversation.run!;
  assert.deepEqual(waiting, { for: 'time', sinceMs: nowMs, untilMs: nowMs + 2000 });
});

test('wait_for_message: waits forever without a time limit', () => {
  const step: Step = { id: 'w', do: 'wait_for_message', timeout: null, next: null };
  assert.deepEqual(run([step]).conversation.run?.waiting, {
    for: 'message',
    sinceMs: nowMs,
    untilMs: null,
  });
});

type SetCase = readonly [
  model: 'contact' | 'conversation',
  attribute: string,
  value: string,
  after: Json,
  said: RegExp,
];

const setCases: readonly SetCase[] = [
  ['conversation', 'order_number', 'A-{{ 1 | plus: 1 }}', 'A-2', /Set “order_number” to “A-2”/],
  ['conversation', 'age', ' 42 ', 42, /Set/],
  ['conversation', 'age', 'old', undefined as unknown as Json, /Skipped “age”: the value does not/],
  ['conversation', 'color', 'Red', 'Red', /Set/],
  ['conversation', 'color', 'Green', undefined as unknown as Json, /Skipped/],
  ['conversation', 'city', '{{ nothing }}', undefined as unknown as Json, /Cleared “city”/],
  ['conversation', 'unknown', 'x', 'x', /Set/],
  ['conversation', 'plan', 'x', 'x', /Set/],
  ['conversation', 'name', 'x', 'x', /Set/],
  ['conversation', '__proto__', 'x', 'x', /Set/],
  ['contact', 'plan', 'silver', 'silver', /Set/],
  ['contact', 'order_number', 'x', 'x', /Set/],
];

for (const [model, attribute, value, after, said] of setCases) {
  test(`set_attribute: ${model} ${attribute} = ${value} gives ${JSON.stringify(after)}`, () => {
    const change = run([{ id: 's', do: 'set_attribute', model, attribute, value, next: null }]);
    const { customAttributes } = change[model];
    const found = Object.hasOwn(customAttributes, attribute)
      ? customAttributes[attribute]
      : undefined;
    assert.deepEqual(found, after);
    assert.match(sentences(change)[1]!, said);
    assert.equal(change.contact.name, 'Ada');
  });
}

test('set_attribute: keeps the old value when the template fails', () => {
  const failing = [
    '{{ 10 | divided_by: attributes.zero }}',
    'total {{ contact.name | plus: 1 }}',
    '{{ now | date: "%H:%M", contact.name }}',
    '{{ contact.name | shout }}',
    '{% if contact.name',
    `{% assign a = contact.name %}${'{% assign a = a | append: a %}'.repeat(60)}`,
  ];
  for (const value of failing) {
    const step = { do: 'set_attribute', model: 'conversation', attribute: 'city', value } as const;
    const change = run(
      [
        { id: 's', ...step, next: 'after' },
        { ...saysDone, id: 'after' },
      ],
      {
        customAttributes: { city: 'Oslo', zero: 0 },
      },
    );
    assert.deepEqual(change.conversation.customAttributes, { city: 'Oslo', zero: 0 }, value);
    assert.match(
      sentences(change)[1]!,
      /^Left “city” unchanged: its value cannot be rendered\. Template: \S/,
      value,
    );
    assert.deepEqual(sentIn(change), ['Done']);
  }
});

test('steps with texts: send nothing when the template fails', () => {
  const fails = '{{ 10 | divided_by: attributes.nothing }}';
  const steps: readonly Step[] = [
    { id: 'a', do: 'send_message', body: fails, next: 'b' },
    { id: 'b', do: 'note', body: fails, next: 'c' },
    { id: 'c', do: 'assign', to: null, note: fails, body: fails, next: 'd' },
    { id: 'd', do: 'close', body: fails },
  ];
  const change = run(steps);
  assert.deepEqual(
    change.parts.map(({ partType, body }) => [partType, body]),
    [['close', null]],
  );
  const faults = sentences(change).filter((one) => one.includes('a division by zero'));
  assert.equal(faults.length, 4);
});

test('set_attribute: writes times as seconds or as text, by the type', () => {
  const dataAttributes = [
    { model: 'conversation', name: 'due', dataType: 'date', options: [] },
    { model: 'conversation', name: 'met', dataType: 'datetime', options: [] },
    { model: 'conversation', name: 'text', dataType: 'string', options: [] },
  ] as const;
  const steps: readonly Step[] = [
    ...(['due', 'met', 'text'] as const).map((attribute, index) => ({
      id: String(index),
      do: 'set_attribute' as const,
      model: 'conversation' as const,
      attribute,
      value: attribute === 'text' ? '{{ attributes.born }}/{{ now }}' : '{{ attributes.born }}',
      next: String(index + 1),
    })),
    { ...saysDone, id: '3', body: 'Born {{ attributes.born }}, met {{ attributes.met }}' },
  ];
  const context = contextOf([workflow(steps)]);
  const born = { model: 'contact', name: 'born', dataType: 'date', options: [] } as const;
  const change = advanceWorkflows(
    beginChange({ ...testContact, customAttributes: { born: -305_596_800 } }, testConversation),
    { kind: 'created' },
    { ...context, setup: { ...context.setup, dataAttributes: [...dataAttributes, born] } },
  );
  assert.partialDeepStrictEqual(change.conversation.customAttributes, {
    due: -305_596_800,
    met: -305_596_800,
    text: '1960-04-26/2026-11-22 09:30 UTC',
  });
  assert.deepEqual(sentIn(change), ['Born 1960-04-26, met 1960-04-26 00:00 UTC']);
});

test('set_attribute: the name of the contact is a field', () => {
  const step = { id: 's', do: 'set_attribute', model: 'contact', next: null } as const;
  const named = run([{ ...step, attribute: 'name', value: 'Bo' }]);
  assert.equal(named.contact.name, 'Bo');
  const mistyped = run([{ ...step, attribute: 'email', value: 'not an address' }]);
  assert.equal(mistyped.contact.email, 'ada@example.com');
});

test('set_attribute: a full conversation takes no new attribute', () => {
  const entries = Array.from({ length: 250 }, (_, index) => [`a${index}`, index]);
  const customAttributes = Object.fromEntries(entries) as { [name: string]: Json };
  const step = { do: 'set_attribute', model: 'conversation', value: 'x' } as const;
  const change = run(
    [
      { ...step, id: 's', attribute: 'one_more', next: 't' },
      { ...step, id: 't', attribute: 'a7', next: null },
    ],
    { customAttributes },
  );
  assert.deepEqual(change.conversation.customAttributes, { ...customAttributes, a7: 'x' });
  assert.match(sentences(change)[1]!, /too many attributes/);
});

test('tag: adds and removes known ids and skips unknown ones', () => {
  const change = run([{ id: 't', do: 'tag', add: [31, 99], remove: [32], next: null }], {
    tagIds: [32, 7],
  });
  assert.deepEqual(change.conversation.tagIds, [7, 31]);
  assert.match(sentences(change)[1]!, /Added “vip”\. Removed “order”\. Skipped .*: 99\./);
});

test('note: is visible to teammates only', () => {
  const change = run([{ id: 'n', do: 'note', body: 'Look: {{ contact.email }}', next: null }]);
  assert.deepEqual(sentIn(change), ['note:Look: ada@example.com']);
  assert.deepEqual(eventsOf(change), []);
});

test('assign: assigns to a team and writes the note', () => {
  const to = { type: 'team', id: 21 } as const;
  const change = run([{ id: 'a', do: 'assign', to, note: 'Please', body: null, next: null }]);
  assert.equal(change.conversation.teamAssigneeId, 21);
  assert.deepEqual(sentIn(change), ['assignment:', 'note:Please']);
  assert.deepEqual(eventsOf(change), ['conversation_assigned']);
  assert.equal(sentences(change)[1], 'Assigned to team “Support”.');
});

test('assign: skips a missing admin and still writes the note', () => {
  const to = { type: 'admin', id: 99 } as const;
  const change = run([{ id: 'a', do: 'assign', to, note: 'Please', body: 'Hi', next: null }]);
  assert.equal(change.conversation.adminAssigneeId, null);
  assert.deepEqual(sentIn(change), ['note:Please']);
  assert.equal(sentences(change)[1], 'Not assigned: admin 99 no longer exists.');
});

test('close: sends its message and ends the run', () => {
  const change = run([{ id: 'c', do: 'close', body: 'Bye {{ contact.name }}' }]);
  assert.equal(change.conversation.state, 'closed');
  assert.deepEqual(sentIn(change), ['close:Bye Ada']);
  assert.deepEqual(eventsOf(change), ['new_message', 'status_updated']);
  assert.equal(change.conversation.run?.endReason, 'closed');
});

test('snooze: snoozes the conversation while the run goes on', () => {
  const change = run([
    { id: 's', do: 'snooze', forMs: 3_600_000, next: 'n' },
    { id: 'n', do: 'note', body: 'Later', next: null },
  ]);
  assert.equal(change.conversation.state, 'snoozed');
  assert.equal(change.conversation.snoozedUntil, nowMs + 3_600_000);
  assert.deepEqual(sentIn(change), ['snoozed:', 'note:Later']);
  assert.equal(sentences(change)[1], 'Snoozed for 1h.');
});

test('snooze: an excessive duration does not throw', () => {
  const change = run([{ id: 's', do: 'snooze', forMs: Number.MAX_VALUE, next: null }]);
  assert.equal(change.conversation.state, 'snoozed');
});

const webhook = {
  id: 'h',
  do: 'call_webhook',
  url: 'https://shop.example/orders?key=1',
  method: 'POST',
  headers: { 'x-name': '{{ contact.name }}\r\nEvil: é{{ "1" }}' },
  body: { who: '{{ contact.name }}', n: [1, null, true, '{{ nothing }}'], __proto__: null },
  timeoutMs: 3000,
  retryDelaysMs: [100],
  save: [],
  failed: null,
  next: null,
} as const satisfies Step;

test('call_webhook: makes a job and shows the typing indicator', () => {
  const change = run([webhook]);
  const [job] = change.jobs;
  assert.deepEqual(job, {
    id: 900 * 256 + 2,
    conversationId: change.conversation.id,
    channelId: 3,
    kind: 'call_webhook',
    content: {
      url: webhook.url,
      method: 'POST',
      headers: { 'x-name': 'Ada Evil: ?1' },
      body: '{"who":"Ada","n":[1,null,true,""]}',
      timeoutMs: 3000,
      retryDelaysMs: [100],
    },
    createdAt: nowMs,
  });
  assert.deepEqual(
    change.ephemeral.map(({ name }) => name),
    ['typing_started'],
  );
  const { waiting } = change.conversation.run!;
  assert.deepEqual(waiting, { for: 'webhook', jobId: job?.id, sinceMs: nowMs, untilMs: null });
  assert.equal(sentences(change)[1], 'Calls “POST https://shop.example/orders”.');
});

test('call_webhook: sends no body when there is none', () => {
  assert.equal(run([{ ...webhook, method: 'GET', body: null }]).jobs[0]?.content.body, null);
});

test('call_webhook: a huge body fails without a call', () => {
  const body = Array.from({ length: 200 }, () => '{{ attributes.long }}');
  const text = 'y'.repeat(20_000);
  const { change } = startRun([
    {
      id: 's',
      do: 'set_attribute',
      model: 'conversation',
      attribute: 'long',
      value: text,
      next: 'h',
    },
    {
      ...webhook,
      body,
      failed: 'n',
    },
    { id: 'n', do: 'note', body: 'Failed', next: null },
  ]);
  assert.deepEqual(change.jobs, []);
  assert.deepEqual(sentIn(change), ['note:Failed']);
});
