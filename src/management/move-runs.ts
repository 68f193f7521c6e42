// Moves waiting conversations of a workflow to another version: determines which can move, and submits each to the
// engine.

import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import { hasItsButtons } from '../core/workflow/run/interpret.ts';
import type { WaitingRun } from '../store/workflows/waiting-runs.ts';

/** A conversation that cannot move, and why. */
export type Unmoved = { readonly run: WaitingRun; readonly reason: string };

export type MovePlan = {
  readonly movable: readonly WaitingRun[];
  readonly unmovable: readonly Unmoved[];
  /** Number of conversations that have the version already. */
  readonly alreadyThere: number;
};

/**
 * Submits the move of one conversation to the engine.
 * @returns `moved`, or the reason why not.
 */
export type SubmitMove = (move: {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  readonly externalId: string;
  readonly workflowId: number;
  readonly version: number;
}) => Promise<'moved' | string>;

/** Plans the moves: a run can move if the target version has its step, of the same kind. */
export function planMoves(
  runs: readonly WaitingRun[],
  target: { readonly version: number; readonly definition: WorkflowDefinition },
  definitionOf: (version: number) => WorkflowDefinition | undefined,
): MovePlan {
  const movable: WaitingRun[] = [];
  const unmovable: Unmoved[] = [];
  let alreadyThere = 0;
  for (const run of runs) {
    const there = stepOf(target.definition, run.stepId);
    const here = stepOf(definitionOf(run.version), run.stepId);
    if (run.version === target.version) alreadyThere += 1;
    else if (there === undefined) {
      unmovable.push({ run, reason: `version ${target.version} has no step "${run.stepId}"` });
    } else if (here?.do !== there.do) {
      const change = `from ${here?.do ?? 'an unknown kind'} to ${there.do}`;
      const reason = `step "${run.stepId}" changed ${change} in version ${target.version}`;
      unmovable.push({ run, reason });
    } else if (!hasItsButtons(definitionOf(run.version)!, target.definition, run.stepId)) {
      const reason = `version ${target.version} lacks a button that was offered`;
      unmovable.push({ run, reason });
    } else movable.push(run);
  }
  return { movable, unmovable, alreadyThere };
}

const stepOf = (definition: WorkflowDefinition | undefined, id: string) =>
  definition?.steps.find((step) => step.id === id);

/** Moves conversations, all at once: the engine groups them. One that has changed in the meantime may stay. */
export async function moveRuns(
  plan: MovePlan,
  to: { readonly workspaceId: number; readonly workflowId: number; readonly version: number },
  submitMove: SubmitMove,
): Promise<{ readonly movedCount: number; readonly unmoved: readonly Unmoved[] }> {
  const results = await Promise.all(
    plan.movable.map(async (run) => {
      const { conversationId, externalId, channelId } = run;
      return { run, result: await submitMove({ ...to, conversationId, externalId, channelId }) };
    }),
  );
  const stayed = results.flatMap(({ run, result }) =>
    result === 'moved' ? [] : [{ run, reason: result }],
  );
  return {
    movedCount: results.length - stayed.length,
    unmoved: [...plan.unmovable, ...stayed],
  };
}
