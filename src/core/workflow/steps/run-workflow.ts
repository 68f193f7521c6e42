// The step run_workflow: ends this run and starts another workflow.

import type { Change } from '../../conversation/change.ts';
import type { StepOf } from '../definition.ts';
import type { StepOutcome } from '../run/progress.ts';

export const runRunWorkflow = (
  change: Change,
  { workflowId }: StepOf<'run_workflow'>,
): StepOutcome => ({ change, what: 'Runs another workflow.', does: 'run', workflowId });
