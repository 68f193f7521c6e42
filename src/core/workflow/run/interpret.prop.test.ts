import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beginChange, type Change } from '../../conversation/change.ts';
import { readEventId } from '../../conversation/outbound-event-id.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Json } from '../../model/model.ts';

import { type Condition, operators } from '../../search/condition.ts';
import type { Step, WorkflowVersion } from '../definition.ts';
import { triggerKinds } from '../definition.ts';
import { checkTemplate, renderTemplate } from '../template/template.ts';
import {
  contextOf,
  nextSignal,
  testContact,
  testConversation,
  workflow,
} from './context.fixture.ts';
import { factsOf, holdsFor } from './facts.ts';
import { advanceWorkflows, endRun, moveRun, type RunInput } from './interpret.ts';
import { resolvePending } from './match-answer.ts';

const ids = ['a', 'b', 'c', 'd', 'e'];
/** Generates mostly existing steps, sometimes the end, sometimes a missing step. */
const target = fc.constantFrom<string | null>(...ids, ...ids, null, 'nowhere');
const text = fc.constantFrom(
  '',
  'Hi',
  '{{ contact.name }}',
  '{{ message.body | upcase }}',
  '{{ attributes.age | plus: 1 }}',
  '{{ broken',
  '{{ "%zz" | url_decode }}',
  '😀'.repeat(60),
);
const attribute = fc.constantFrom(
  'age',
  'color',
  'order_number',
  'plan',
  'free',
  'email',
  '__proto__',
);
const duration = fc.constantFrom(0, 1, 1000, 86_400_000, Number.MAX_SAFE_INTEGER);
const timeout = fc.option(fc.record({ afterMs: duration, next: target }));
const json: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

const filter: fc.Arbitrary<Condition> = fc.record({
  field: fc.constantFrom(
    'contact.role',
    'message.body',
    'attributes.age',
    'conversation.tag_ids',
    'x.y',
  ),
  operator: fc.constantFrom(...operators),
  value: fc.oneof(fc.constantFrom<Json>('user', 31, null, 'a', ['user', 3]), json),
});
const condition: fc.Arbitrary<Condition> = fc.oneof(
  filter,
  fc.record({
    operator: fc.constantFrom('AND' as const, 'OR' as const),
    value: fc.array(filter, { maxLength: 3 }),
  }),
);

const next = { next: target };
const shapes: readonly fc.Arbitrary<Omit<Step, 'id'>>[] = [
  fc.record({ do: fc.constant('send_message' as const), body: text, ...next }),
  fc
    .record({
      do: fc.constant('ask_quick_reply' as const),
      body: text,
      options: fc.array(fc.record({ id: fc.constantFrom('x', 'y-1'), text, ...next }), {
        maxLength: 3,
      }),
      timeout,
      otherwise: target,
      isOpen: fc.boolean(),
    })
    .map(({ isOpen, otherwise, ...step }) => (isOpen ? step : { ...step, otherwise })),
  fc.record({
    do: fc.constant('collect_attribute' as const),
    attribute,
    prompt: text,
    pattern: fc.option(fc.constantFrom('^[0-9]+$', 'a', '(')),
    invalid: fc.option(text),
    attempts: fc.integer({ min: 1, max: 3 }),
    failed: target,
    timeout,
    ...next,
  }),
  fc.record({
    do: fc.constant('branch' as const),
    cases: fc.array(fc.record({ when: condition, ...next }), { maxLength: 2 }),
    otherwise: target,
  }),
  fc.record({ do: fc.constant('wait' as const), forMs: duration, ...next }),
  fc.record({ do: fc.constant('wait_for_message' as const), timeout, ...next }),
  fc.record({
    do: fc.constant('set_attribute' as const),
    model: fc.constantFrom('contact' as const, 'conversation' as const),
    attribute,
    value: text,
    ...next,
  }),
  fc.record({
    do: fc.constant('tag' as const),
    add: fc.subarray([31, 32, 99]),
    remove: fc.subarray([31, 32]),
    ...next,
  }),
  fc.record({ do: fc.constant('note' as const), body: text, ...next }),
  fc.record({
    do: fc.constant('assign' as const),
    to: fc.constantFrom(
      { type: 'team', id: 21 } as const,
      { type: 'admin', id: 99 } as const,
      null,
    ),
    note: fc.option(text),
    body: fc.option(text),
    ...next,
  }),
  fc.record({ do: fc.constant('close' as const), body: fc.option(text) }),
  fc.record({ do: fc.constant('snooze' as const), forMs: duration, ...next }),
  fc.record({
    do: fc.constant('call_webhook' as const),
    url: fc.constant('https://shop.example/'),
    method: fc.constant('POST' as const),
    headers: fc.dictionary(fc.constantFrom('x-a', 'x-b'), text),
    body: json,
    timeoutMs: fc.constant(3000),
    retryDelaysMs: fc.constant([]),
    save: fc.array(fc.record({ attribute, pointer: fc.constantFrom('', '/a', '/0/b', 'x') }), {
      maxLength: 2,
    }),
    failed: target,
    ...next,
  }),
  fc.record({
    do: fc.constant('run_workflow' as const),
    workflowId: fc.integer({ min: 1, max: 4 }),
  }),
] as readonly fc.Arbitrary<Omit<Step, 'id'>>[];

const steps = fc
  .array(fc.oneof(...shapes), { minLength: 0, maxLength: ids.length })
  .map((list) => list.map((step, index) => ({ ...step, id: ids[index]! }) as Step));

const versionOf = (workflowId: number, version: number): fc.Arbitrary<WorkflowVersion> =>
  fc
    .record({
      steps,
      on: fc.constantFrom(...triggerKinds),
      channelIds: fc.constantFrom(null, null, [3], [4]),
      when: fc.option(condition, { freq: 2 }),
    })
    .map(({ steps: list, on, channelIds, when }) =>
      workflow(list, { trigger: { on, channelIds }, when }, workflowId, version),
    );

type Move =
  | { readonly move: 'input'; readonly input: RunInput }
  /** Gives the run the click or job result that it waits for. */
  | { readonly move: 'fitting'; readonly pick: number; readonly answer: Json }
  | { readonly move: 'end' | 'version' }
  | { readonly move: 'hold' };

const input: fc.Arbitrary<RunInput> = fc.oneof(
  fc.constant<RunInput>({ kind: 'created' }),
  fc.record({
    kind: fc.constant('message' as const),
    body: fc.constantFrom('12', 'a', ' ', 'Red'),
  }),
  fc.record({
    kind: fc.constant('option_chosen' as const),
    optionId: fc.constantFrom('x-1', 'y-1-2', 'z'),
    text: fc.constant('X'),
    promptPosition: fc.option(fc.integer({ min: 1, max: 5 })),
  }),
  fc.record({
    kind: fc.constant('attribute' as const),
    id: attribute,
    value: fc.constantFrom('12', '', 'a'),
  }),
  fc.constant<RunInput>({ kind: 'time' }),
  fc.constant<RunInput>({ kind: 'closed' }),
);

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ move: fc.constant('input' as const), input }) },
  {
    weight: 3,
    arbitrary: fc.record({ move: fc.constant('fitting' as const), pick: fc.nat(2), answer: json }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ move: fc.constantFrom('end' as const, 'version' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ move: fc.constant('hold' as const) }) },
);

const history = fc.record({
  workflows: fc.tuple(versionOf(1, 2), versionOf(2, 1), versionOf(3, 1)),
  older: versionOf(1, 1),
  moves: fc.array(fc.record({ move, afterMs: fc.constantFrom(0, 1, 1000, 86_400_000) }), {
    maxLength: 12,
  }),
  eventFormat: fc.constantFrom('parley' as const, 'parley' as const, 'intercom' as const),
});

/** Builds a signal that the waiting run is likely to accept. */
function fitting(change: Change, pick: number, answer: Json): RunInput {
  const { waiting } = change.conversation.run ?? {};
  switch (waiting?.for) {
    case 'quick_reply': {
      const promptPosition = waiting.promptPosition;
      const optionId = `${['x', 'y-1', 'z'][pick]}-${promptPosition}`;
      return { kind: 'option_chosen', optionId, text: 'X', promptPosition };
    }
    case 'webhook': {
      const outcome =
        pick === 0
          ? ({ ok: false, reason: 'no' } as const)
          : { ok: true as const, status: 200, answer };
      return { kind: 'job', jobId: waiting.jobId, outcome };
    }
    case 'attribute':
      return { kind: 'attribute', id: waiting.attribute, value: '12' };
    default:
      return pick === 0 ? { kind: 'time' } : { kind: 'message', body: 'a' };
  }
}

function apply(
  before: Change,
  { move: one }: { readonly move: Move },
  context: TransitionContext,
): Change {
  switch (one.move) {
    case 'input':
      return advanceWorkflows(before, one.input, context);
    case 'fitting':
      return advanceWorkflows(before, fitting(before, one.pick, one.answer), context);
    case 'end':
      return endRun(before, context, 'closed');
    case 'hold': {
      const ended = endRun(before, context, 'taken_over');
      return { ...ended, conversation: { ...ended.conversation, heldByAdminId: 11 } };
    }
    case 'version': {
      const isOfOne = before.conversation.run?.workflowId === 1;
      const definition = isOfOne ? context.setup.definitionOf(1, 2) : undefined;
      return (definition && moveRun(before, context, definition, 2)) ?? before;
    }
  }
}

/** Checks the invariants after a signal. */
function assertSound(before: Change, after: Change, context: TransitionContext) {
  const { run, eventCount, partCount } = after.conversation;
  if (run !== null) {
    assert.equal(run.waiting === null, run.status === 'ended');
    assert.equal(run.endReason === null, run.status === 'waiting');
    assert.equal(run.endedAt === null, run.status === 'waiting');
    assert.ok(run.stepCount <= 1000);
    const isNew = run !== before.conversation.run;
    if (isNew && run.waiting !== null) {
      const { steps: known } = context.setup.definitionOf(run.workflowId, run.version)!;
      const step = known.find(({ id }) => id === run.stepId);
      assert.ok(step !== undefined && resolvePending(step, run.waiting) !== null);
    }
  }
  assert.deepEqual(
    after.parts.map(({ position }) => position),
    after.parts.map((_, index) => before.conversation.partCount + 1 + index),
  );
  assert.equal(partCount, before.conversation.partCount + after.parts.length);
  assert.deepEqual(
    after.events.map(({ sequence }) => sequence),
    after.events.map((_, index) => before.conversation.eventCount + 1 + index),
  );
  assert.equal(eventCount, before.conversation.eventCount + after.events.length);
  const made = [...after.parts, ...after.jobs].map(({ id }) => id);
  assert.equal(new Set(made).size, made.length);
  assert.ok(made.every((id) => Math.floor(id / 256) === context.signalNumber));
  assert.ok(after.trace.filter(({ step }) => step !== null).length <= 101);
  for (const { body, sequence, conversationId } of after.events) {
    const { event_id: id } = JSON.parse(body) as { event_id?: string };
    if (id !== undefined) assert.deepEqual(readEventId(id), { conversationId, sequence });
  }
}

/** Checks that a held conversation, or one whose run ended, gets messages only from a new run. */
function assertSilence(before: Change, after: Change) {
  const wasHeld = before.conversation.heldByAdminId !== null;
  const begins = after.trace.some(({ step, what }) => step === null && what.startsWith('Started'));
  const wasWaiting = before.conversation.run?.status === 'waiting';
  if (wasHeld || (!wasWaiting && !begins)) {
    assert.deepEqual([after.parts, after.jobs, after.events], [[], [], []]);
  }
}

test('workflows: random graphs and signals keep every invariant', () => {
  fc.assert(
    fc.property(history, ({ workflows, older, moves, eventFormat }) => {
      let change = beginChange(testContact, testConversation);
      // The first signal sees the old version, the others its successor.
      let current: readonly WorkflowVersion[] = [older, ...workflows.slice(1)];
      let nowMs = contextOf([]).nowMs;
      const all = [
        { move: { move: 'input', input: { kind: 'created' } }, afterMs: 0 } as const,
        ...moves,
      ];
      for (const [index, one] of all.entries()) {
        nowMs += one.afterMs;
        const context = contextOf(current, { nowMs, signalNumber: 900 + index, eventFormat }, [
          older,
        ]);
        const before = nextSignal(change);
        const after = apply(before, one, context);
        assertSound(before, after, context);
        if (one.move.move === 'input' || one.move.move === 'fitting') assertSilence(before, after);
        assert.deepEqual(apply(structuredClone(before), one, context), after);
        change = after;
        current = workflows;
      }
    }),
    { numRuns: 1000 },
  );
});

test('conditions: compare any values, and != is the opposite of =', () => {
  const conversation = (value: Json) => ({ ...testConversation, customAttributes: { x: value } });
  const opposites = [
    ['=', '!='],
    ['IN', 'NIN'],
    ['~', '!~'],
  ] as const;
  fc.assert(
    fc.property(json, json, fc.constantFrom(...operators), (found, value, operator) => {
      const facts = factsOf(beginChange(testContact, conversation(found)), contextOf([]), {
        message: null,
        option: null,
        attribute: null,
      });
      assert.equal(typeof holdsFor({ field: 'attributes.x', operator, value }, facts), 'boolean');
      for (const [yes, no] of opposites) {
        const [one, other] = [yes, no].map((sign) =>
          holdsFor({ field: 'attributes.x', operator: sign, value }, facts),
        );
        assert.notEqual(one, other);
      }
    }),
    { numRuns: 1000 },
  );
});

const fragment = fc.oneof(
  fc.constantFrom(
    '{{',
    '}}',
    '{%',
    '%}',
    ' if ',
    ' endif ',
    'contact.name',
    '|',
    'date',
    ': "now"',
    '[',
    ']',
  ),
  fc.constantFrom(
    'assign x = ',
    'case',
    'when',
    '(1..9)',
    'append: x',
    "'",
    'raw',
    'endraw',
    'echo ',
    '-',
  ),
  fc.string({ maxLength: 4, unit: 'binary' }),
);

test('templates: checking and rendering are total and deterministic', () => {
  const facts = factsOf(beginChange(testContact, testConversation), contextOf([]), {
    message: 'x',
    option: null,
    attribute: null,
  });
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
      const source = fragments.join('');
      checkTemplate(source);
      const first = renderTemplate(source, () => facts);
      assert.deepEqual(
        renderTemplate(source, () => facts),
        first,
      );
      assert.ok(first.text.isWellFormed() && !first.text.includes('\u0000'));
    }),
    { numRuns: 3000 },
  );
});
