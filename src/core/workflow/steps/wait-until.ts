// The step wait_until, in files `wait: { until: … }`: waits until a time of day, in a zone.

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { StepOf } from '../definition.ts';
import { showDays } from '../parse/steps/wait.ts';
import type { PendingKind } from '../run/pending.ts';
import { ignored, type StepContext, type StepOutcome } from '../run/progress.ts';
import { isTimeZone, nextDailyTime } from '../time-zone.ts';

export function runWaitUntil(
  change: Change,
  step: StepOf<'wait_until'>,
  { context }: StepContext,
): StepOutcome {
  const { nowMs } = context;
  const untilMs = timeOfDayAfter(step, nowMs, context);
  const what = describeTimeOfDay(step, context);
  return { change, what, does: 'wait', waiting: { for: 'time', sinceMs: nowMs, untilMs } };
}

export const pendingWaitUntil: PendingKind<'wait_until'> = {
  waitsFor: 'time',
  untilMs: timeOfDayAfter,
  take: (change, _step, _waiting, input) => ignored(change, input),
  expire: (change, step) => ({ change, what: 'The wait is over.', does: 'go', to: step.next }),
};

/** Returns the first such time of day after `afterMs`. */
function timeOfDayAfter(
  step: StepOf<'wait_until'>,
  afterMs: number,
  context: TransitionContext,
): number {
  return nextDailyTime(zoneFor(step, context), step, afterMs);
}

/** Returns the zone of the step, else of the channel, else UTC. */
function zoneFor({ zone }: StepOf<'wait_until'>, { channel }: TransitionContext): string {
  const named = zone ?? channel.timeZone;
  // It was checked when it was applied, but another Node may know other names.
  return named !== null && isTimeZone(named) ? named : 'UTC';
}

function describeTimeOfDay(step: StepOf<'wait_until'>, context: TransitionContext): string {
  const [hours, minutes] = [Math.floor(step.minuteOfDay / 60), step.minuteOfDay % 60];
  const time = [hours, minutes].map((count) => String(count).padStart(2, '0')).join(':');
  return `Waits until ${time} on ${showDays(step.weekdays)} (${zoneFor(step, context)}).`;
}
