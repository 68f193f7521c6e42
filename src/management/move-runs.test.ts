// Moves of waiting runs to another version of their workflow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step, WorkflowDefinition } from '../core/workflow/definition.ts';
import type { WaitingRun } from '../store/workflows/waiting-runs.ts';
import { moveRuns, planMoves } from './move-runs.ts';

const version = (...steps: Step[]): WorkflowDefinition => ({
  name: 'W',
  trigger: { on: 'new_message', channelIds: null },
  when: null,
  steps,
});

const wait: Step = { id: 'pause', do: 'wait', forMs: 1_000, next: null };
const hear: Step = { id: 'hear', do: 'wait_for_message', timeout: null, next: null };
const snooze: Step = { id: 'pause', do: 'snooze', forMs: 1_000, next: null };

const run = (conversationId: number, stepId: string, at: number): WaitingRun => ({
  conversationId,
  externalId: `c${conversationId}`,
  channelId: 4,
  stepId,
  version: at,
});

const definitions = new Map([
  [1, version(wait, hear)],
  [2, version({ ...wait, forMs: 9_000 })],
  [3, version(snooze)],
]);

const plan = (runs: readonly WaitingRun[], to: number) =>
  planMoves(runs, { version: to, definition: definitions.get(to)! }, (one) => definitions.get(one));

test('moving runs: needs a step of the same kind', () => {
  const runs = [run(1, 'pause', 1), run(2, 'hear', 1), run(3, 'pause', 2), run(4, 'pause', 9)];
  const toSecond = plan(runs, 2);
  assert.deepEqual(
    toSecond.movable.map(({ conversationId }) => conversationId),
    [1],
  );
  assert.equal(toSecond.alreadyThere, 1);
  assert.deepEqual(
    toSecond.unmovable.map(({ run: { conversationId }, reason }) => [conversationId, reason]),
    [
      [2, 'version 2 has no step "hear"'],
      [4, 'step "pause" changed from an unknown kind to wait in version 2'],
    ],
  );
  const toThird = plan([run(1, 'pause', 1)], 3);
  assert.match(toThird.unmovable[0]!.reason, /changed from wait to snooze in version 3$/);
});

test('moving runs: reports a run that the engine rejects, and moves the others', async () => {
  const submitted: number[] = [];
  const moved = await moveRuns(
    plan([run(1, 'pause', 1), run(5, 'pause', 1), run(2, 'hear', 1)], 2),
    { workspaceId: 1, workflowId: 6, version: 2 },
    async (move) => {
      submitted.push(move.conversationId);
      assert.partialDeepStrictEqual(move, {
        workspaceId: 1,
        channelId: 4,
        workflowId: 6,
        version: 2,
      });
      return move.conversationId === 5 ? 'a teammate took it over' : 'moved';
    },
  );
  assert.deepEqual(submitted, [1, 5]);
  assert.equal(moved.movedCount, 1);
  assert.deepEqual(
    moved.unmoved.map(({ run: one, reason }) => [one.conversationId, reason]),
    [
      [2, 'version 2 has no step "hear"'],
      [5, 'a teammate took it over'],
    ],
  );
});
