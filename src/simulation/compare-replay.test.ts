// Recorded conversations replayed with drafts: the differences, and how clicks, timers and responses are mapped to
// another workflow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { known, randomSetup } from '../../test/sim/context.ts';
import { randomAction } from '../../test/sim/random-workflow.ts';
import { RecordedSimulation } from '../../test/sim/recorded-simulation.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import type { History } from '../core/conversation/history.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { Step, WorkflowVersion } from '../core/workflow/definition.ts';
import { compareWithDraft } from './compare-replay.ts';
import { writeSideBySide } from './side-by-side.ts';
import { verifyHistory } from './verify-replay.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** A workspace with one workflow. */
function setupWith(steps: readonly Step[], version = 1): WorkspaceSetup {
  const plain = randomSetup(new SeededRandom(1));
  const definition = {
    name: 'Order help',
    trigger: { on: 'new_conversation' as const, channelIds: null },
    when: null,
    steps,
  };
  const workflow: WorkflowVersion = { workflowId: 1, version, definition };
  return { ...plain, workflows: [workflow], definitionOf: () => definition };
}

const compare = (history: History, was: WorkspaceSetup, draft: WorkspaceSetup) =>
  compareWithDraft(history, verifyHistory(history, was, was.workflows).signals, draft);

const ask: Step = {
  id: 'ask',
  do: 'ask_quick_reply',
  body: 'Which?',
  options: [
    { id: 'one', text: 'First', next: 'call' },
    { id: 'two', text: 'Second', next: null },
  ],
  timeout: { afterMs: 60_000, next: null },
};
const call: Step = {
  id: 'call',
  do: 'call_webhook',
  url: 'https://orders.example/',
  method: 'GET',
  headers: {},
  body: null,
  timeoutMs: 1000,
  retryDelaysMs: [],
  save: [{ attribute: 'status', pointer: '/status' }],
  failed: null,
  next: 'pause',
};
const pause: Step = { id: 'pause', do: 'wait', forMs: 2000, next: 'tell' };
const tell: Step = {
  id: 'tell',
  do: 'send_message',
  body: 'It is {{ attributes.status }}',
  next: null,
};
const hello: Step = { id: 'hello', do: 'send_message', body: 'Hello!', next: 'ask' };

const was = setupWith([ask, call, pause, tell]);

/** Records a click, a webhook response, and a timer that fires ten seconds late. */
function liveThrough(): History {
  const lived = new RecordedSimulation(was, START_MS).event({ kind: 'new_conversation' });
  lived.pass(500).event({ kind: 'quick_reply_selected', optionId: 'one-1' });
  const [job] = lived.simulation.jobs;
  const outcome = { ok: true, status: 200, answer: { status: 'sent' } } as const;
  const { conversationId } = lived;
  lived.pass(300).signal({ kind: 'job_finished', conversationId, jobId: job!.id, outcome });
  return lived.pass(12_000).event({ kind: 'new_message', body: 'Thanks' }).history();
}

test('replay: the same workflow makes no difference, even with a late timer', () => {
  const history = liveThrough();
  assert.deepEqual(verifyHistory(history, was, was.workflows).differences, []);
  const { partAt, signals } = compare(history, was, was);
  assert.equal(partAt, null);
  assert.deepEqual(
    signals.map(({ what }) => what),
    [
      'the contact starts the conversation',
      'the contact clicks [First]',
      'the call gets the response 200',
      'time passes',
      'the contact says: Thanks',
    ],
  );
  assert.deepEqual(signals[3]!.draft, ['It is sent']);
});

test('replay: a click finds the button at its new position', () => {
  const comparison = compare(liveThrough(), was, setupWith([hello, ask, call, pause, tell], 2));
  assert.equal(comparison.partAt, 0);
  assert.deepEqual(
    comparison.signals.map(({ isSame }) => isSame),
    [false, true, true, true, true],
  );
  const text = writeSideBySide(comparison).join('\n');
  assert.match(text, /From here on they part\./);
  assert.match(text, /≠ +Which\? \[First\] \[Second\] +Hello!/);
});

test('replay: a click finds a renamed button by its id', () => {
  const renamed: Step = { ...ask, options: [{ id: 'one', text: 'Premier', next: 'call' }] };
  const other = compare(liveThrough(), was, setupWith([renamed, call, pause, tell], 2));
  assert.equal(other.signals[1]!.remark, 'taken for the button [Premier] of the draft');
  assert.equal(other.signals[3]!.isSame, true);

  const gone: Step = { ...ask, options: [{ id: 'two', text: 'Second', next: null }] };
  const without = compare(liveThrough(), was, setupWith([gone], 2));
  assert.equal(without.signals[1]!.remark, 'the draft offers no button [First]');
  assert.equal(without.signals[2]!.remark, 'the draft made no call');
  assert.equal(without.draftEnd.conversation!.state, 'open');
});

test('replay: the timers of the draft fire in between', () => {
  const hasty: Step = { ...ask, timeout: { afterMs: 200, next: 'tell' } };
  const { signals } = compare(liveThrough(), was, setupWith([hasty, call, pause, tell], 2));
  assert.equal(signals[1]!.what, 'time passes');
  assert.equal(signals[1]!.remark, 'only the draft waits until then');
  assert.deepEqual(signals[1]!.draft, ['It is']);
  assert.equal(signals[1]!.atMs, START_MS + 200);
});

test('replay: reproduces random conversations', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(12), (seed, actions) => {
      const random = new SeededRandom(seed);
      const setup = randomSetup(random);
      const lived = new RecordedSimulation(setup, START_MS).event({ kind: 'new_conversation' });
      for (let count = 0; count < actions; count += 1) act(lived, random);
      const history = lived.history();
      const verification = verifyHistory(history, setup, setup.workflows);
      assert.deepEqual(verification.differences, []);
      const { signals, partAt } = compareWithDraft(history, verification.signals, setup);
      assert.equal(partAt, null, JSON.stringify(signals, null, 1));
    }),
    { numRuns: 300 },
  );
});

function act(lived: RecordedSimulation, random: SeededRandom): void {
  const { parts, nowMs, conversation } = lived.simulation;
  const { conversationId } = lived;
  lived.pass(random.between(0, 900));
  const action = randomAction(random, known, { run: conversation!.run, parts, nowMs });
  switch (action.do) {
    case 'message':
      lived.event({ kind: 'new_message', body: action.body });
      break;
    case 'click':
      lived.event({ kind: 'quick_reply_selected', optionId: action.optionId });
      break;
    case 'give': {
      const { attribute: attributeId, value } = action;
      lived.event({ kind: 'attribute_collected', attributeId, value });
      break;
    }
    case 'pass':
      lived.pass(action.ms);
      break;
    case 'teammate': {
      const { action: teammateAction } = action;
      lived.signal({
        kind: 'teammate',
        conversationId,
        adminId: known.adminId,
        action: teammateAction,
      });
      break;
    }
    case 'answer': {
      const [job] = lived.simulation.jobs;
      if (job === undefined) break;
      const { outcome } = action;
      lived.signal({ kind: 'job_finished', conversationId, jobId: job.id, outcome });
      break;
    }
  }
}
