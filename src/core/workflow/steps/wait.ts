// The step wait: waits for a duration.

import type { Change } from '../../conversation/change.ts';
import type { StepOf } from '../definition.ts';
import type { PendingKind } from '../run/pending.ts';
import {
  describeDuration,
  ignored,
  type StepContext,
  type StepOutcome,
  timeAfter,
} from '../run/progress.ts';

export function runWait(
  change: Change,
  step: StepOf<'wait'>,
  { context: { nowMs } }: StepContext,
): StepOutcome {
  const untilMs = timeAfter(nowMs, step.forMs);
  const what = `Waits ${describeDuration(step.forMs)}.`;
  return { change, what, does: 'wait', waiting: { for: 'time', sinceMs: nowMs, untilMs } };
}

export const pendingWait: PendingKind<'wait'> = {
  waitsFor: 'time',
  untilMs: (step, sinceMs) => timeAfter(sinceMs, step.forMs),
  take: (change, _step, _waiting, input) => ignored(change, input),
  expire: (change, step) => ({ change, what: 'The wait is over.', does: 'go', to: step.next }),
};
