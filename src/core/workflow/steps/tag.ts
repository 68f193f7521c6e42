// The step tag: adds and removes tags of the conversation.

import type { Change } from '../../conversation/change.ts';
import { changeTags } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import { goOn, quote, type StepContext, type StepOutcome } from '../run/progress.ts';

export function runTag(
  change: Change,
  step: StepOf<'tag'>,
  { context, run }: StepContext,
): StepOutcome {
  const { tags } = context.setup;
  const nameOf = (id: number) => quote(tags.get(id)?.name ?? String(id));
  const gone = step.add.filter((id) => !tags.has(id));
  const add = step.add.filter((id) => tags.has(id));
  const parts = [
    add.length === 0 ? '' : `Added ${add.map(nameOf).join(', ')}.`,
    step.remove.length === 0 ? '' : `Removed ${step.remove.map(nameOf).join(', ')}.`,
    gone.length === 0 ? '' : `Skipped tags that are not there any more: ${gone.join(', ')}.`,
  ];
  const what = parts.filter((part) => part !== '').join(' ') || 'Nothing to tag.';
  const actor = { type: 'workflow', id: String(run.workflowId) } as const;
  return goOn(changeTags(change, context, { add, remove: step.remove }, actor), step, what);
}
