// The step tag: adds and removes tags of the conversation.

import { limits } from '../../../base/limits.ts';
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
  const wanted = step.add.filter((id) => tags.has(id));
  // Deleted tags do not count. They stay in the list: a tag that this server does not know yet may be new.
  const kept = change.conversation.tagIds.filter((id) => tags.has(id) && !step.remove.includes(id));
  const room = Math.max(limits.tagsPerObjectMax - kept.length, 0);
  const fitting = new Set([...kept, ...wanted.filter((id) => !kept.includes(id)).slice(0, room)]);
  const add = wanted.filter((id) => fitting.has(id));
  const surplus = wanted.filter((id) => !fitting.has(id));
  const parts = [
    add.length === 0 ? '' : `Added ${add.map(nameOf).join(', ')}.`,
    surplus.length === 0
      ? ''
      : `Skipped ${surplus.map(nameOf).join(', ')}: there are ${limits.tagsPerObjectMax} tags.`,
    step.remove.length === 0 ? '' : `Removed ${step.remove.map(nameOf).join(', ')}.`,
    gone.length === 0 ? '' : `Skipped tags that no longer exist: ${gone.join(', ')}.`,
  ];
  const what = parts.filter((part) => part !== '').join(' ') || 'Nothing to tag.';
  const actor = { type: 'workflow', id: String(run.workflowId) } as const;
  const { change: tagged } = changeTags(change, context, { add, remove: step.remove }, actor);
  return goOn(tagged, step, what);
}
