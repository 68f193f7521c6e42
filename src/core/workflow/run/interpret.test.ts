import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange, type Change, changeConversation } from '../../conversation/change.ts';
import type { Conversation } from '../../model/model.ts';
import type { Step, TriggerKind } from '../definition.ts';
import {
  contextOf,
  nextSignal,
  nowMs,
  sentences,
  sentIn,
  signal,
  startRun,
  testContact,
  testConversation,
  workflow,
} from './context.fixture.ts';
import { advanceWorkflows, endRun, mayMove, moveRun, type RunInput } from './interpret.ts';

const say = (id: string, next: string | null = null): Step => ({
  id,
  do: 'send_message',
  body: id,
  next,
});

const before = (fields: Partial<Conversation> = {}): Change =>
  beginChange(testContact, { ...testConversation, ...fields });

const trigger = (on: TriggerKind, channelIds: readonly number[] | null = null) => ({
  trigger: { on, channelIds },
});

const inputs: readonly (readonly [TriggerKind, RunInput])[] = [
  ['new_conversation', { kind: 'created' }],
  ['new_message', { kind: 'message', body: 'Hi' }],
  [
    'quick_reply_selected',
    { kind: 'option_chosen', optionId: 'x', text: 'X', promptPosition: null },
  ],
  ['attribute_collected', { kind: 'attribute', id: 'age', value: '3' }],
  ['conversation_closed', { kind: 'closed' }],
];

for (const [on, input] of inputs) {
  test(`trigger: ${input.kind} starts only ${on}`, () => {
    const workflows = inputs.map(([kind], index) =>
      workflow([say(kind)], trigger(kind), index + 1),
    );
    const after = advanceWorkflows(before(), input, contextOf(workflows));
    assert.deepEqual(sentIn(after), [on]);
    assert.equal(sentences(after)[0], `Started by ${on}.`);
    assert.equal(after.conversation.run?.id, 900);
  });
}

test('trigger: starts the first of several matching workflows', () => {
  const role = (value: string) =>
    ({ when: { field: 'contact.role', operator: '=', value } }) as const;
  const context = contextOf([
    workflow([say('leads')], role('lead'), 1),
    workflow([say('elsewhere')], trigger('new_conversation', [4, 5]), 2),
    workflow([say('here')], { ...trigger('new_conversation', [5, 3]), ...role('user') }, 3),
    workflow([say('too late')], {}, 4),
  ]);
  assert.deepEqual(sentIn(advanceWorkflows(before(), { kind: 'created' }, context)), ['here']);
});

test('trigger: conditions and templates see the contact input', () => {
  const when = { field: 'message.body', operator: '~', value: 'refund' } as const;
  const step: Step = { ...say('a'), do: 'send_message', body: 'Re: {{ message.body }}' } as Step;
  const context = contextOf([workflow([step], { ...trigger('new_message'), when })]);
  const said = (body: string) =>
    sentIn(advanceWorkflows(before(), { kind: 'message', body }, context));
  assert.deepEqual(said('A REFUND please'), ['Re: A REFUND please']);
  assert.deepEqual(said('Hello'), []);
});

test('trigger: returns the same object when no workflow matches', () => {
  const context = contextOf([workflow([say('a')])]);
  const change = before();
  assert.equal(advanceWorkflows(change, { kind: 'time' }, context), change);
  assert.equal(advanceWorkflows(change, { kind: 'message', body: 'x' }, context), change);
  const job: RunInput = { kind: 'job', jobId: 1, outcome: { ok: false, reason: 'x' } };
  assert.equal(advanceWorkflows(change, job, context), change);
});

test('trigger: starts nothing while a teammate holds the conversation', () => {
  const change = before({ heldByAdminId: 11 });
  const context = contextOf([workflow([say('a')])]);
  assert.equal(advanceWorkflows(change, { kind: 'created' }, context), change);
});

test('trigger: starts nothing while a run waits', () => {
  const waiting: Step = { id: 'w', do: 'wait', forMs: 1000, next: null };
  const context = contextOf([
    workflow([waiting], {}, 1),
    workflow([say('b')], trigger('new_message'), 2),
  ]);
  const started = advanceWorkflows(before(), { kind: 'created' }, context);
  const after = signal(started, { kind: 'message', body: 'x' }, context);
  assert.deepEqual(sentIn(after), []);
  const ended = signal(started, { kind: 'time' }, context);
  assert.equal(ended.conversation.run?.endReason, 'completed');
  assert.deepEqual(sentIn(signal(ended, { kind: 'message', body: 'x' }, context)), ['b']);
});

test('interpreter: a workflow without steps completes at once', () => {
  const { run } = startRun([]).change.conversation;
  assert.equal(run?.endReason, 'completed');
});

test('limits: end a loop without a wait after 100 steps', () => {
  const tag = (id: string, next: string): Step => ({ id, do: 'tag', add: [31], remove: [], next });
  const { change } = startRun([tag('a', 'b'), tag('b', 'a')]);
  assert.equal(change.conversation.run?.endReason, 'step_limit');
  assert.equal(change.conversation.run?.stepCount, 100);
  assert.match(sentences(change).at(-1)!, /more than 100 steps in a row/);
});

test('limits: end a loop with a wait after 1,000 steps', () => {
  const steps: readonly Step[] = [
    { id: 'w', do: 'wait_for_message', timeout: null, next: 'a' },
    say('a', 'w'),
  ];
  const { change, context } = startRun(steps);
  let after = change;
  let said = 0;
  while (after.conversation.run?.status === 'waiting') {
    after = signal(after, { kind: 'message', body: 'x' }, context);
    said += after.parts.length;
  }
  assert.equal(after.conversation.run?.endReason, 'step_limit');
  assert.equal(after.conversation.run?.stepCount, 1000);
  assert.equal(said, 500);
});

test('limits: a run does nothing in a signal that has made 250 parts', () => {
  let change = before();
  const part = startRun([say('a')]).change.parts[0]!;
  change = { ...change, parts: Array.from({ length: 251 }, () => part) };
  const after = advanceWorkflows(change, { kind: 'created' }, contextOf([workflow([say('a')])]));
  assert.equal(after.parts.length, 251);
  assert.equal(after.conversation.run?.endReason, 'step_limit');
});

test('limits: a full log ends the run instead of throwing', () => {
  const { change } = startRun([say('a')], { conversation: { eventCount: 2_097_145 } });
  assert.deepEqual(change.events, []);
  assert.equal(change.conversation.run?.endReason, 'step_limit');
});

test('run_workflow: ends this run and runs the other workflow', () => {
  const context = contextOf([
    workflow([{ id: 'r', do: 'run_workflow', workflowId: 2 }], {}, 1),
    workflow([say('b')], trigger('new_message'), 2, 7),
  ]);
  const after = advanceWorkflows(before(), { kind: 'created' }, context);
  assert.deepEqual(sentIn(after), ['b']);
  assert.deepEqual([after.conversation.run?.workflowId, after.conversation.run?.version], [2, 7]);
  assert.deepEqual(sentences(after), [
    'Started by new_conversation.',
    'Runs another workflow.',
    'Ended: another workflow takes over.',
    'Started by the workflow “Workflow 1”.',
    'Sent “b”.',
    'Completed.',
  ]);
});

test('run_workflow: a missing workflow breaks the run, a recursive one hits the limit', () => {
  const to = (workflowId: number) => startRun([{ id: 'r', do: 'run_workflow', workflowId }]).change;
  assert.equal(to(9).conversation.run?.endReason, 'broken');
  assert.equal(to(1).conversation.run?.endReason, 'step_limit');
});

test('close: starts other workflows triggered by closing, not the same one', () => {
  const closing: Step = { id: 'c', do: 'close', body: null };
  const context = contextOf([
    workflow([closing], {}, 1),
    workflow([say('again'), closing], trigger('conversation_closed'), 2),
    workflow([say('never')], trigger('conversation_closed'), 3),
  ]);
  const after = advanceWorkflows(before(), { kind: 'created' }, context);
  assert.deepEqual(sentIn(after), ['close:', 'again']);
  assert.equal(after.conversation.run?.workflowId, 2);
  const self = contextOf([
    workflow([{ ...closing, body: 'x' }], trigger('conversation_closed'), 1),
  ]);
  const reopened = advanceWorkflows(before(), { kind: 'closed' }, self);
  assert.deepEqual(sentIn(reopened), ['close:x']);
});

test('close: each workflow runs once in a signal', () => {
  const reopening: Step = { id: 'o', do: 'assign', to: null, note: null, body: null, next: 'c' };
  const closing: Step = { id: 'c', do: 'close', body: null };
  const context = contextOf([
    workflow([closing], {}, 1),
    workflow([reopening, closing], trigger('conversation_closed'), 2),
    workflow([say('third')], trigger('conversation_closed'), 3),
  ]);
  const after = advanceWorkflows(before(), { kind: 'created' }, context);
  assert.deepEqual(sentIn(after), ['close:', 'assign_and_reopen:', 'close:', 'third']);
});

test('close: starts nothing in a conversation that was closed already', () => {
  const context = contextOf([
    workflow([{ id: 'c', do: 'close', body: null }], {}, 1),
    workflow([say('b')], trigger('conversation_closed'), 2),
  ]);
  const after = advanceWorkflows(before({ state: 'closed' }), { kind: 'created' }, context);
  assert.deepEqual(sentIn(after), []);
});

const call: Step = {
  id: 'h',
  do: 'call_webhook',
  url: 'https://shop.example/',
  method: 'GET',
  headers: {},
  body: null,
  timeoutMs: 3000,
  retryDelaysMs: [],
  save: [],
  failed: null,
  next: null,
};

test('endRun: stops a run that waits for a call, and the typing', () => {
  const { change, context } = startRun([call]);
  const after = endRun(nextSignal(change), context, 'taken_over');
  assert.equal(after.conversation.run?.status, 'ended');
  assert.equal(after.conversation.run?.endReason, 'taken_over');
  assert.equal(after.conversation.run?.endedAt, nowMs);
  assert.deepEqual(
    after.ephemeral.map(({ name }) => name),
    ['typing_stopped'],
  );
  assert.deepEqual(sentences(after), ['Ended: a teammate took over the conversation.']);
  assert.equal(endRun(after, context, 'closed'), after);
  const none = before();
  assert.equal(endRun(none, context, 'closed'), none);
  const job: RunInput = { kind: 'job', jobId: 230_402, outcome: { ok: false, reason: 'x' } };
  assert.deepEqual(sentIn(signal(after, job, context)), []);
});

test('takeover: the next signal ends a waiting run', () => {
  const { change, context } = startRun([{ id: 'w', do: 'wait', forMs: 1, next: 'a' }, say('a')]);
  const held = changeConversation(nextSignal(change), context, { heldByAdminId: 11 });
  const after = signal(held, { kind: 'time' }, context);
  assert.deepEqual(sentIn(after), []);
  assert.equal(after.conversation.run?.endReason, 'taken_over');
});

test('close: ends a waiting run and starts other workflows', () => {
  const context = contextOf([
    workflow([{ id: 'w', do: 'wait', forMs: 1, next: null }], {}, 1),
    workflow([say('b')], trigger('conversation_closed'), 2),
  ]);
  const started = advanceWorkflows(before(), { kind: 'created' }, context);
  const after = signal(started, { kind: 'closed' }, context);
  assert.deepEqual(sentIn(after), ['b']);
  assert.equal(sentences(after)[0], 'Ended: the conversation was closed.');
});

const pinned: readonly Step[] = [
  { id: 'w', do: 'wait_for_message', timeout: { afterMs: 5000, next: null }, next: 'a' },
  say('a'),
];

test('versions: a run keeps its own version', () => {
  const old = workflow(pinned, {}, 1, 1);
  const started = advanceWorkflows(before(), { kind: 'created' }, contextOf([old]));
  const context = contextOf([workflow([say('new')], {}, 1, 2)], {}, [old]);
  assert.deepEqual(sentIn(signal(started, { kind: 'message', body: 'x' }, context)), ['a']);
});

test('versions: a missing version or step breaks the run', () => {
  const started = advanceWorkflows(before(), { kind: 'created' }, contextOf([workflow(pinned)]));
  const worlds = [
    contextOf([]),
    contextOf([workflow([say('w')])]),
    contextOf([workflow([say('x')])]),
  ];
  for (const context of worlds) {
    const after = signal(started, { kind: 'message', body: 'x' }, context);
    assert.equal(after.conversation.run?.endReason, 'broken');
    assert.deepEqual(sentIn(after), []);
  }
});

test('interpreter: a missing target breaks the run', () => {
  const { change } = startRun([say('a', 'nowhere')]);
  assert.deepEqual(sentIn(change), ['a']);
  assert.equal(change.conversation.run?.endReason, 'broken');
});

test('moveRun: takes the time limit of the new version', () => {
  const { change, context } = startRun(pinned);
  const { definition } = workflow(
    [
      { id: 'w', do: 'wait_for_message', timeout: { afterMs: 7000, next: null }, next: 'b' },
      say('b'),
    ],
    { name: 'Renamed' },
  );
  assert.equal(mayMove(change.conversation.run!, definition), true);
  const moved = moveRun(nextSignal(change), { ...context, nowMs: nowMs + 10 }, definition, 2)!;
  const { run } = moved.conversation;
  assert.deepEqual([run?.version, run?.name, run?.stepId], [2, 'Renamed', 'w']);
  assert.deepEqual(run?.waiting, { for: 'message', sinceMs: nowMs, untilMs: nowMs + 7000 });
  assert.deepEqual(sentences(moved), ['Moved to version 2.']);
});

test('moveRun: changes nothing when the run has the version already', () => {
  const { change, context } = startRun(pinned);
  const start = nextSignal(change);
  const later = { ...context, nowMs: nowMs + 10 };
  assert.equal(moveRun(start, later, workflow(pinned).definition, 1), start);
});

test('moveRun: needs a waiting run and a step of the same kind', () => {
  const { change, context } = startRun(pinned);
  const others = [[say('w')], [say('x')], [{ ...call, id: 'w' }]].map(
    (steps) => workflow(steps).definition,
  );
  for (const definition of others) {
    assert.equal(moveRun(change, context, definition, 2), null);
    assert.equal(mayMove(change.conversation.run!, definition), false);
  }
  const ended = endRun(change, context, 'closed');
  assert.equal(moveRun(ended, context, workflow(pinned).definition, 2), null);
  assert.equal(moveRun(before(), context, workflow(pinned).definition, 2), null);
});

test('timer: stops when the current version has no time limit', () => {
  const { change, context } = startRun(pinned);
  const step: Step = { id: 'w', do: 'wait_for_message', timeout: null, next: null };
  const after = signal(change, { kind: 'time' }, contextOf([workflow([step])]), 6000);
  assert.equal(after.conversation.run?.status, 'waiting');
  assert.equal(after.conversation.run?.waiting?.untilMs, null);
  assert.ok(context);
});

test('event formats: a run sends the same messages in both', () => {
  const context = contextOf([workflow([say('a', 'h'), call])], { eventFormat: 'intercom' });
  const after = advanceWorkflows(before(), { kind: 'created' }, context);
  assert.deepEqual(sentIn(after), ['a']);
  assert.deepEqual(
    after.events.map(({ name }) => name),
    ['conversation.operator.replied'],
  );
  assert.deepEqual(after.ephemeral, []);
});
