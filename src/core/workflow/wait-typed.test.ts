// A contact types a text although buttons are shown: the button that it chooses, and the next step.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange, type Change } from '../conversation/change.ts';
import type { Channel } from '../model/model.ts';
import type { Step } from './definition.ts';
import {
  contextOf,
  nextSignal,
  sentences,
  sentIn,
  signal,
  testContact,
  testConversation,
  workflow,
} from './run/context.fixture.ts';
import { advanceWorkflows, moveRun } from './run/interpret.ts';

type Ask = Extract<Step, { readonly do: 'ask_quick_reply' }>;

const say = (id: string): Step => ({
  id,
  do: 'send_message',
  body: `${id}: {{ quick_reply.text }}/{{ quick_reply.option_id }}/{{ message.body }}`,
  next: null,
});

const question: Ask = {
  id: 'q',
  do: 'ask_quick_reply',
  body: 'What?',
  options: [
    { id: 'order', text: 'An order', next: 'one' },
    { id: 'name', text: 'For {{ contact.name }}', next: 'two' },
    { id: 'ada', text: 'FOR ada', next: 'two' },
    { id: 'end', text: '2', next: 'one' },
  ],
  otherwise: 'typed',
  timeout: null,
};

function ask(other: Partial<Ask> = {}, channel: Partial<Channel> = {}) {
  const steps = [{ ...question, ...other }, say('one'), say('two'), say('typed')];
  const context = contextOf([workflow(steps)]);
  const there = { ...context, channel: { ...context.channel, ...channel } };
  const before = beginChange(testContact, testConversation);
  return { change: advanceWorkflows(before, { kind: 'created' }, there), context: there };
}

const type = (
  { change, context }: { change: Change; context: ReturnType<typeof contextOf> },
  body: string,
) => signal(change, { kind: 'message', body }, context);

test('typed: the text of a button chooses it, and later steps know it', () => {
  const after = type(ask(), ' an  ORDER ');
  assert.deepEqual(sentIn(after), ['one: An order/order-1/ an  ORDER']);
  assert.equal(
    sentences(after)[0],
    'The contact typed “ an  ORDER ”. The contact chose “An order”.',
  );
});

test('typed: matches the text as it was offered', () => {
  const { change, context } = ask({
    options: [{ id: 'name', text: 'For {{ contact.name }}', next: 'two' }],
  });
  const renamed = { ...change, contact: { ...change.contact, name: 'Grace' } };
  assert.deepEqual(sentIn(type({ change: renamed, context }, 'for ada')), [
    'two: For Ada/name-1/for ada',
  ]);
  assert.match(sentIn(type({ change: renamed, context }, 'for grace'))[0]!, /^typed/);
});

test('typed: treats an ambiguous text like any message', () => {
  assert.match(sentIn(type(ask(), 'For Ada'))[0]!, /^two: For Ada/);
  const both = type(ask(), 'for ADA');
  assert.match(sentIn(both)[0]!, /^typed/);
  assert.match(sentences(both)[0]!, /several buttons could be meant/);
  const { otherwise: _, ...open } = question;
  const context = contextOf([workflow([open, say('one'), say('two')])]);
  const change = advanceWorkflows(
    beginChange(testContact, testConversation),
    { kind: 'created' },
    context,
  );
  const still = type({ change, context }, 'for ADA');
  assert.deepEqual(sentIn(still), []);
  assert.equal(still.conversation.run?.stepId, 'q');
  assert.match(sentences(still)[0]!, /several buttons could be meant/);
  assert.match(sentIn(type(ask(), 'something'))[0]!, /^typed/);
});

test('typed: any message goes to otherwise when typed choices are switched off', () => {
  for (const text of ['An order', '1']) {
    assert.match(
      sentIn(type(ask({ acceptsTyped: false }, { hasButtons: false }), text))[0]!,
      /^typed/,
    );
  }
});

test('no buttons: the question lists its choices by number', () => {
  const asked = ask({}, { hasButtons: false });
  const lines = 'What?\n1. An order\n2. For Ada\n3. FOR ada\n4. 2';
  assert.equal(asked.change.parts[0]?.body, lines);
  const event = JSON.parse(asked.change.events[0]!.body);
  assert.equal(event.event_name, 'quick_replies_presented');
  assert.equal(event.message.body_text, lines);
  assert.equal(event.quick_reply_options.length, 4);
  assert.match(sentIn(type(asked, '1.'))[0]!, /^one: An order/);
  assert.match(sentIn(type(asked, '3'))[0]!, /^two: FOR ada/);
  // The text of a button has priority over its position.
  assert.match(sentIn(type(asked, '2'))[0]!, /^one: 2/);
  assert.match(sentIn(type(asked, '5'))[0]!, /^typed/);
  assert.match(sentIn(type(ask(), '1'))[0]!, /^typed/);
});

test('typed: a moved run keeps the buttons that the contact saw', () => {
  const { change, context } = ask({
    options: [
      { id: 'order', text: 'An order', next: 'one' },
      { id: 'person', text: 'A person', next: 'two' },
    ],
  });
  const other = workflow(
    [
      {
        ...question,
        options: [
          { id: 'person', text: 'A colleague', next: 'two' },
          { id: 'order', text: 'Order', next: 'one' },
        ],
      },
      say('one'),
      say('two'),
      say('typed'),
    ],
    {},
    1,
    2,
  );
  const both = {
    ...context,
    channel: { ...context.channel, hasButtons: false },
    setup: contextOf([other], {}, context.setup.workflows).setup,
  };
  const moved = moveRun(nextSignal(change), both, other.definition, 2);
  assert.ok(moved !== null);
  assert.match(sentIn(type({ change: moved, context: both }, 'a person'))[0]!, /^two: A person/);
  assert.match(sentIn(type({ change: moved, context: both }, '1'))[0]!, /^one: An order/);
  assert.match(sentIn(type({ change: moved, context: both }, 'a colleague'))[0]!, /^typed/);
});
