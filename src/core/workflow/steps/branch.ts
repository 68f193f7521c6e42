// The step branch: goes to the first case whose condition holds.

import type { Change } from '../../conversation/change.ts';
import { describeCondition } from '../../search/evaluate.ts';
import type { StepOf } from '../definition.ts';
import { factsOf, holdsFor } from '../run/facts.ts';
import type { StepContext, StepOutcome } from '../run/progress.ts';

export function runBranch(
  change: Change,
  step: StepOf<'branch'>,
  stepContext: StepContext,
): StepOutcome {
  const facts = factsOf(change, stepContext.context, stepContext.contactInput);
  const index = step.cases.findIndex(({ when }) => holdsFor(when, facts));
  const found = step.cases[index];
  if (found === undefined) {
    return { change, what: 'No case holds.', does: 'go', to: step.otherwise };
  }
  const what = `Case ${index + 1} holds: ${describeCondition(found.when)}.`;
  return { change, what, does: 'go', to: found.next };
}
