// Matches an input with the step at which a run waits: the run resumes, or the input is ignored and the trace says
// why. Each kind of step defines what it takes (steps/).

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Step } from '../definition.ts';
import { resumptionOf } from '../step-kinds.ts';
import type { RunInput } from './input.ts';
import type { Resumption } from './pending.ts';
import { type InputOutcome, ignored, type StepContext } from './progress.ts';
import type { Waiting } from './run.ts';

/** The step at which a run waits, and what it waits for. */
export type PendingStep = {
  readonly step: Step;
  readonly waiting: Waiting;
  readonly resumption: Resumption<Step, Waiting>;
};

/** Pairs a step with what a run waits for; null if the step does not wait for it. */
export function resolvePending(step: Step, waiting: Waiting): PendingStep | null {
  const resumption = resumptionOf(step);
  if (resumption?.waitsFor !== waiting.for) return null;
  const isSame = resumption.isFor?.(step, waiting) ?? true;
  return isSame ? { step, waiting, resumption } : null;
}

/** Returns when a wait that began at `sinceMs` ends by itself; null: never. */
export const waitsUntil = (
  { step, resumption }: PendingStep,
  sinceMs: number,
  context: TransitionContext,
): number | null => resumption.untilMs(step, sinceMs, context);

/** Passes an input to the step at which the run waits. */
export function matchAnswer(
  change: Change,
  { step, waiting, resumption }: PendingStep,
  input: RunInput,
  stepContext: StepContext,
): InputOutcome {
  if (input.kind !== 'time') return resumption.take(change, step, waiting, input, stepContext);
  const isDue = waiting.untilMs !== null && waiting.untilMs <= stepContext.context.nowMs;
  if (!isDue) return ignored(change, input);
  const expired = resumption.expire(change, step, waiting, stepContext);
  if (expired !== null) return expired;
  // Nothing is due in this version of the step: without this the timer would fire again and again.
  const what = 'The time limit no longer exists; the run goes on waiting.';
  return { change, what, does: 'wait', waiting: { ...waiting, untilMs: null } };
}
