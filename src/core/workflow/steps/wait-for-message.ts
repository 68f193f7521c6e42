// The step wait_for_message, in files `wait: { until: message }`: waits for the contact's next message.

import type { Change } from '../../conversation/change.ts';
import type { StepOf } from '../definition.ts';
import { expireAtLimit, limitEnd, type PendingKind } from '../run/pending.ts';
import { ignored, type StepContext, type StepOutcome } from '../run/progress.ts';

export function runWaitForMessage(
  change: Change,
  step: StepOf<'wait_for_message'>,
  { context: { nowMs } }: StepContext,
): StepOutcome {
  const untilMs = limitEnd(step, nowMs);
  const what = 'Waits for a message.';
  return { change, what, does: 'wait', waiting: { for: 'message', sinceMs: nowMs, untilMs } };
}

export const pendingWaitForMessage: PendingKind<'wait_for_message'> = {
  waitsFor: 'message',
  untilMs: limitEnd,
  take: (change, step, _waiting, input) =>
    input.kind === 'message'
      ? { change, what: 'A message came.', does: 'go', to: step.next }
      : ignored(change, input),
  expire: expireAtLimit,
};
