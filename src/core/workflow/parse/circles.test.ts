// Workflows that start each other: circles that are found, and circles that a waiting step makes harmless.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CurrentWorkflow, circlesWithoutWait, circleThrough, showCircle } from './circles.ts';
import { acceptEveryName, readDefinition } from './definition-reader.ts';

type Source = {
  readonly on?: string;
  readonly channels?: string[];
  readonly steps: readonly object[];
};

/** Reads workflows by name, as from files. */
const read = (sources: Readonly<Record<string, Source>>): readonly CurrentWorkflow[] =>
  Object.entries(sources).map(([name, { on = 'new_message', channels, steps }]) => {
    const trigger = { on, ...(channels === undefined ? {} : { channels }) };
    const result = readDefinition({ name, trigger, steps }, acceptEveryName);
    assert.ok(result.ok, JSON.stringify(result));
    const workflowId = acceptEveryName.workflow(name)!;
    return { workflowId, definition: result.value.definition };
  });

const circlesOf = (sources: Readonly<Record<string, Source>>) =>
  circlesWithoutWait(read(sources)).map(showCircle);

const says = { id: 'say', do: 'send_message', body: 'Hi' };
const runs = (workflow: string, id = 'run') => ({ id, do: 'run_workflow', workflow });
const closes = { id: 'close', do: 'close' };
const closed = 'conversation_closed';
const calls = { id: 'call', do: 'call_webhook', url: 'https://x.example' };
const when = { field: 'contact.role', operator: '=', value: 'user' };

const circles: readonly (readonly [
  what: string,
  sources: Record<string, Source>,
  circle: string,
])[] = [
  ['itself', { A: { steps: [says, runs('A')] } }, 'A -> A'],
  [
    'each other',
    { A: { steps: [says, runs('B')] }, B: { steps: [says, runs('A')] } },
    'A -> B -> A',
  ],
  [
    'a longer one, not through the first',
    {
      A: { steps: [runs('B')] },
      B: { steps: [runs('C')] },
      C: { steps: [runs('D')] },
      D: { steps: [says, runs('B')] },
    },
    'B -> C -> D -> B',
  ],
  [
    'one way of a branch',
    {
      A: {
        steps: [
          { id: 'fork', do: 'branch', cases: [{ when, next: 'run' }], otherwise: 'end' },
          runs('A'),
        ],
      },
    },
    'A -> A',
  ],
  [
    'the failure of a call, which waits for nobody',
    { A: { steps: [{ ...calls, failed: 'run', next: 'end' }, runs('A')] } },
    'A -> A',
  ],
  [
    'a snooze, which does not wait',
    { A: { steps: [{ id: 's', do: 'snooze', for: '1h' }, runs('A')] } },
    'A -> A',
  ],
  ['closing what begins with it', { A: { on: closed, steps: [says, closes] } }, 'A -> A'],
  [
    'closing that starts another, which runs the first',
    { A: { steps: [says, closes] }, B: { on: closed, steps: [runs('A')] } },
    'A -> B -> A',
  ],
  [
    'closing in the same channel',
    {
      A: { channels: ['web'], steps: [closes] },
      B: { on: closed, channels: ['web', 'app'], steps: [runs('A')] },
    },
    'A -> B -> A',
  ],
  [
    'a question whose list may be empty, which then asks nothing',
    {
      A: {
        steps: [
          calls,
          {
            id: 'ask',
            do: 'ask_quick_reply',
            body: '?',
            options_from: '/orders',
            empty: 'run',
            next: 'end',
          },
          runs('A'),
        ],
      },
    },
    'A -> A',
  ],
  [
    'a wait on another way',
    {
      A: {
        steps: [
          { id: 'fork', do: 'branch', cases: [{ when, next: 'wait' }], otherwise: 'run' },
          { id: 'wait', do: 'wait', for: '1h' },
          runs('A'),
        ],
      },
    },
    'A -> A',
  ],
];

for (const [what, sources, circle] of circles) {
  test(`circles: finds ${what}`, () => assert.deepEqual(circlesOf(sources), [circle]));
}

const waits: readonly object[] = [
  { id: 'wait', do: 'wait', for: '1s' },
  { id: 'wait', do: 'wait', until: 'message' },
  { id: 'wait', do: 'collect_attribute', attribute: 'x', prompt: '?' },
  { id: 'wait', do: 'ask_quick_reply', body: '?', options: [{ id: 'a', text: 'A' }] },
];

test('circles: a waiting step in any of the workflows breaks a circle', () => {
  for (const wait of waits) {
    assert.deepEqual(circlesOf({ A: { steps: [wait, runs('A')] } }), []);
    const B = { steps: [says, wait, runs('A')] };
    assert.deepEqual(circlesOf({ A: { steps: [says, runs('B')] }, B }), []);
    const onClose = { on: closed, steps: [wait, { id: 'note', do: 'note', body: 'x' }, closes] };
    assert.deepEqual(circlesOf({ A: onClose }), []);
  }
});

test('loops: calls and empty lists are not waits', () => {
  const ask = { id: 'ask', do: 'ask_quick_reply', body: '?', options_from: '/orders' };
  for (const steps of [
    [{ ...calls, failed: 'call', next: 'say' }, says],
    [calls, { ...ask, empty: 'call', next: 'end' }],
  ]) {
    const source = { name: 'A', trigger: { on: 'new_message' }, steps };
    const result = readDefinition(source, acceptEveryName);
    assert.ok(!result.ok);
    assert.match(result.error[0]!.reason, /loops without waiting: call -> /);
  }
});

test('circles: finds none in chains of workflows', () => {
  assert.deepEqual(circlesOf({ A: { steps: [runs('Gone')] } }), []);
  assert.deepEqual(
    circlesOf({ A: { steps: [runs('C', 'b')] }, B: { steps: [runs('C')] }, C: { steps: [says] } }),
    [],
  );
});

test('circles: reports each of two once, from the workflow in question', () => {
  const workflows = read({
    A: { steps: [runs('B')] },
    B: { steps: [runs('A')] },
    C: { steps: [runs('C')] },
  });
  assert.deepEqual(circlesWithoutWait(workflows).map(showCircle), ['A -> B -> A', 'C -> C']);
  const through = (name: string) => circleThrough(workflows, acceptEveryName.workflow(name)!);
  assert.equal(showCircle(through('B')!), 'B -> A -> B');
  assert.equal(through('D'), undefined);
});

test('circles: checks a chain of a thousand workflows quickly', {
  timeout: 20_000,
}, () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `W${index}`);
  const sources = names.map((name, index) => [
    name,
    { steps: [runs(names[(index + 1) % 1_000]!)] },
  ]);
  const [circle] = circlesWithoutWait(read(Object.fromEntries(sources)));
  assert.equal(circle?.length, 1_000);
});
