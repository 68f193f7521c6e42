// The step assign: assigns the conversation to a team or an admin, or unassigns it.

import type { Change } from '../../conversation/change.ts';
import { assign, writeNote } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import { goOn, quote, type StepContext, type StepOutcome, StepTexts } from '../run/progress.ts';

export function runAssign(
  change: Change,
  step: StepOf<'assign'>,
  stepContext: StepContext,
): StepOutcome {
  const { context } = stepContext;
  const { to } = step;
  const texts = new StepTexts(change, stepContext);
  const body = step.body === null ? '' : texts.render(step.body);
  const noteBody = step.note === null ? '' : texts.render(step.note);
  const people = to?.type === 'team' ? context.setup.teams : context.setup.admins;
  const isGone = to !== null && !people.has(to.id);
  const assigned = isGone ? change : assign(change, context, null, to, body === '' ? null : body);
  const noted = noteBody === '' ? assigned : writeNote(assigned, context, null, noteBody);
  return goOn(noted, step, texts.explain(describeAssignment(to, isGone, people)));
}

function describeAssignment(
  to: StepOf<'assign'>['to'],
  isGone: boolean,
  people: ReadonlyMap<number, { readonly name: string }>,
): string {
  if (to === null) return 'Unassigned.';
  if (isGone) return `Not assigned: ${to.type} ${to.id} no longer exists.`;
  return `Assigned to ${to.type} ${quote(people.get(to.id)?.name ?? String(to.id))}.`;
}
