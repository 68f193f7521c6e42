// The step snooze: snoozes the conversation for a duration.

import type { Change } from '../../conversation/change.ts';
import { snooze } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import {
  describeDuration,
  goOn,
  type StepContext,
  type StepOutcome,
  timeAfter,
} from '../run/progress.ts';

export function runSnooze(
  change: Change,
  step: StepOf<'snooze'>,
  { context }: StepContext,
): StepOutcome {
  const snoozed = snooze(change, context, null, timeAfter(context.nowMs, step.forMs));
  return goOn(snoozed, step, `Snoozed for ${describeDuration(step.forMs)}.`);
}
