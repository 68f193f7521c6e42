// Limits of messages by workflows: 10 for a signal, also when workflows start each other, and no stream by short waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange, type Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Step } from '../definition.ts';
import {
  contextOf,
  sentences,
  sentIn,
  signal,
  startRun,
  testContact,
  testConversation,
  workflow,
} from './context.fixture.ts';
import { advanceWorkflows } from './interpret.ts';

const say = (id: string, next: string | null): Step => ({
  id,
  do: 'send_message',
  body: `From ${id}`,
  next,
});

/** Sends a number of messages in a row, then runs a step. */
const saying = (count: number, last: Step | null = null): readonly Step[] => [
  ...Array.from({ length: count }, (_, index) => {
    const next = index + 1 < count ? `s${index + 1}` : (last?.id ?? null);
    return say(`s${index}`, next);
  }),
  ...(last === null ? [] : [last]),
];

const begin = (context: TransitionContext): Change =>
  advanceWorkflows(beginChange(testContact, testConversation), { kind: 'created' }, context);

const on = (kind: 'conversation_closed' | 'new_message') => ({
  trigger: { on: kind, channelIds: null },
});

const reasonIn = ({ conversation }: Change) => conversation.run?.endReason;

/** Lets timers fire until none waits, or for a number of times. */
function fire(start: Change, context: TransitionContext, times: number, everyMs: number) {
  let change = start;
  const said = [...sentIn(start)];
  let fired = 0;
  while (fired < times && change.conversation.run?.status === 'waiting') {
    fired += 1;
    change = signal(change, { kind: 'time' }, context, fired * everyMs);
    said.push(...sentIn(change));
  }
  return { change, said, fired };
}

test('messages: ten in a row are sent', () => {
  const { change } = startRun(saying(10));
  assert.equal(sentIn(change).length, 10);
  assert.equal(reasonIn(change), 'completed');
});

test('messages: an eleventh ends the run instead', () => {
  const { change } = startRun(saying(11));
  assert.equal(sentIn(change).length, 10);
  assert.equal(change.events.length, 10);
  assert.equal(reasonIn(change), 'message_limit');
  assert.equal(change.conversation.run?.stepId, 's10');
  assert.match(sentences(change).at(-1)!, /more than 10 messages at once/);
});

const eleventh: readonly Step[] = [
  { id: 'q', do: 'ask_quick_reply', body: '', options: [], timeout: null },
  {
    id: 'q',
    do: 'collect_attribute',
    attribute: 'age',
    prompt: 'Age?',
    pattern: null,
    invalid: null,
    attempts: 1,
    timeout: null,
    next: null,
    failed: null,
  },
  { id: 'q', do: 'assign', to: null, body: 'One moment', note: null, next: null },
  { id: 'q', do: 'close', body: 'Bye' },
];

for (const step of eleventh) {
  test(`messages: an eleventh by ${step.do} counts like any other`, () => {
    const { change } = startRun(saying(10, step));
    assert.equal(change.parts.length, 10);
    assert.equal(reasonIn(change), 'message_limit');
    assert.equal(change.conversation.state, 'open');
  });
}

test('messages: notes and silent steps do not count', () => {
  const note: Step = { id: 'n', do: 'note', body: 'For teammates', next: 'c' };
  const steps = [...saying(10, note), { id: 'c', do: 'close', body: null } as const];
  assert.equal(reasonIn(startRun(steps).change), 'closed');
});

test('messages: workflows that start each other count together', () => {
  const context = contextOf([
    workflow(saying(6, { id: 'r', do: 'run_workflow', workflowId: 2 }), {}, 1),
    workflow(saying(3, { id: 'c', do: 'close', body: null }), on('new_message'), 2),
    workflow(saying(6), on('conversation_closed'), 3),
  ]);
  const change = begin(context);
  assert.equal(sentIn(change).filter((text) => text.startsWith('From')).length, 10);
  assert.equal(reasonIn(change), 'message_limit');
});

test('messages: a circle with a wait of a second sends ten', () => {
  const again: Step = { id: 'r', do: 'run_workflow', workflowId: 1 };
  const wait: Step = { id: 'w', do: 'wait', forMs: 1000, next: 'r' };
  const context = contextOf([workflow([say('a', 'w'), wait, again])]);
  const { change, said } = fire(begin(context), context, 500, 1000);
  assert.equal(said.length, 10);
  assert.equal(reasonIn(change), 'message_limit');
});

test('messages: a circle with a longer wait ends after 100 without a reply', () => {
  const again: Step = { id: 'r', do: 'run_workflow', workflowId: 1 };
  const wait: Step = { id: 'w', do: 'wait', forMs: 90_000, next: 'r' };
  const context = contextOf([workflow([say('a', 'w'), wait, again])]);
  const { change, said } = fire(begin(context), context, 500, 90_000);
  assert.equal(said.length, 100);
  assert.equal(reasonIn(change), 'message_limit');
});

test('messages: a reply of the contact resets the count', () => {
  const listen: Step = { id: 'w', do: 'wait_for_message', timeout: null, next: 's0' };
  const { change: start, context } = startRun(saying(9, listen));
  let change = start;
  for (let round = 1; round < 5; round += 1) {
    change = signal(change, { kind: 'message', body: 'x' }, context, round);
    assert.equal(sentIn(change).length, 9);
  }
  assert.equal(change.conversation.run?.status, 'waiting');
});

test('messages: an ignored message resets the count too', () => {
  const wait: Step = { id: 'w', do: 'wait', forMs: 1000, next: 's0' };
  const { change, context } = startRun(saying(9, wait));
  const { conversation } = change;
  const spoke = {
    ...change,
    conversation: { ...conversation, lastContactReplyAt: context.nowMs + 500 },
  };
  const after = signal(spoke, { kind: 'time' }, context, 1000);
  assert.equal(sentIn(after).length, 9);
  assert.equal(reasonIn(signal(change, { kind: 'time' }, context, 1000)), 'message_limit');
});
