// Reads a run_workflow step: the name of a workflow becomes its id.

import { limits } from '../../../../base/limits.ts';
import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { reportNext, resolveId } from '../step-fields.ts';

export function readRunWorkflow(context: ReadingContext): StepOf<'run_workflow'> {
  reportNext(context, 'the other workflow takes over');
  const name = context.fields.text('workflow', {
    charactersMax: limits.nameCharactersMax,
    isRequired: true,
  });
  const workflowId = name === undefined ? 0 : resolveId(context, 'workflow', name, ['workflow']);
  return { id: context.id, do: 'run_workflow', workflowId };
}
