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
  const { tagIds } = change.conversation;
  // What was deleted leaves its place to others.
  const deleted = tagIds.filter((id) => !tags.has(id));
  const gone = step.add.filter((id) => !tags.has(id));
  const wanted = step.add.filter((id) => tags.has(id));
  const remove = [...step.remove, ...deleted];
  const kept = tagIds.filter((id) => !remove.includes(id));
  const isNew = (id: number) => !kept.includes(id);
  const room = Math.max(limits.tagsPerObjectMax - kept.length, 0);
  const fitting = new Set(wanted.filter(isNew).slice(0, room));
  const add = wanted.filter((id) => !isNew(id) || fitting.has(id));
  const surplus = wanted.filter((id) => !add.includes(id));
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
  return goOn(changeTags(change, context, { add, remove }, actor), step, what);
}
