// The step that waits until a time of day: when that is, in which zone.

import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Step } from '../definition.ts';
import { showDays } from '../parse/wait-reader.ts';
import { isTimeZone, nextDailyTime } from '../time-zone.ts';

export type TimeOfDayStep = Extract<Step, { readonly do: 'wait_until' }>;

/** The first such time after another. */
export const timeOfDayAfter = (
  step: TimeOfDayStep,
  afterMs: number,
  context: TransitionContext,
): number => nextDailyTime(zoneFor(step, context), step, afterMs);

/** The zone of the step, else that of the channel, else UTC. */
function zoneFor({ zone }: TimeOfDayStep, { channel }: TransitionContext): string {
  const named = zone ?? channel.timeZone;
  // Checked when it was applied; another Node may know other names all the same.
  return named !== null && isTimeZone(named) ? named : 'UTC';
}

/** A sentence for the trace. */
export function describeTimeOfDay(step: TimeOfDayStep, context: TransitionContext): string {
  const [hours, minutes] = [Math.floor(step.minuteOfDay / 60), step.minuteOfDay % 60];
  const time = [hours, minutes].map((count) => String(count).padStart(2, '0')).join(':');
  return `Waits until ${time} on ${showDays(step.weekdays)} (${zoneFor(step, context)}).`;
}
