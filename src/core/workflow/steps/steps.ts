// What each kind of step does when a run comes to it. A step acts once and says where the run goes or what it waits
// for; which step is next, limits and ends are the interpreter's business.

import type { Change } from '../../conversation/change.ts';
import {
  assign,
  changeTags,
  close,
  offerQuickReplies,
  sendMessage,
  snooze,
  writeNote,
} from '../../conversation/effects.ts';
import { wireOptionId } from '../../conversation/option-id.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import { describeCondition, holds } from '../../search/evaluate.ts';
import type { Step } from '../definition.ts';
import { factsOf } from '../run/facts.ts';
import {
  quote,
  type StepContext,
  type StepOutcome,
  StepTexts,
  timeAfter,
} from '../run/progress.ts';
import { callWebhook } from './call-webhook.ts';
import { ask } from './collect-attribute.ts';
import { listedOptions } from './listed-options.ts';
import { setAttribute } from './set-attribute.ts';
import { describeTimeOfDay, timeOfDayAfter } from './wait.ts';

/** A step of one kind. */
export type StepOf<Kind extends Step['do']> = Extract<Step, { readonly do: Kind }>;

/** Does a step. */
export function doStep(change: Change, step: Step, stepContext: StepContext): StepOutcome {
  const { context } = stepContext;
  switch (step.do) {
    case 'send_message':
      return say(change, step, stepContext);
    case 'ask_quick_reply':
      return offerButtons(change, step, stepContext);
    case 'collect_attribute':
      return ask(change, step, stepContext);
    case 'branch':
      return chooseBranch(change, step, stepContext);
    case 'wait':
    case 'wait_until':
    case 'wait_for_message':
      return beginWait(change, step, context);
    case 'set_attribute':
      return setAttribute(change, step, stepContext);
    case 'tag':
      return tag(change, step, stepContext);
    case 'note':
      return note(change, step, stepContext);
    case 'assign':
      return handOver(change, step, stepContext);
    case 'close':
      return closeConversation(change, step, stepContext);
    case 'snooze': {
      const untilMs = timeAfter(context.nowMs, step.forMs);
      const snoozed = snooze(change, context, null, untilMs);
      return go(snoozed, step, `Snoozed for ${describeDuration(step.forMs)}.`);
    }
    case 'call_webhook':
      return callWebhook(change, step, stepContext);
    case 'run_workflow': {
      const { workflowId } = step;
      return { change, what: 'Runs another workflow.', does: 'run', workflowId };
    }
  }
}

const go = (change: Change, step: { readonly next: string | null }, what: string): StepOutcome => ({
  change,
  what,
  does: 'go',
  to: step.next,
});

function say(change: Change, step: StepOf<'send_message'>, stepContext: StepContext): StepOutcome {
  const texts = new StepTexts(change, stepContext);
  const body = texts.render(step.body);
  if (body === '') return go(change, step, texts.explain('Skipped: the text is empty.'));
  const said = sendMessage(change, stepContext.context, null, body);
  return go(said, step, texts.explain(`Said ${quote(body)}.`));
}

function offerButtons(
  change: Change,
  step: StepOf<'ask_quick_reply'>,
  stepContext: StepContext,
): StepOutcome {
  const { context } = stepContext;
  const texts = new StepTexts(change, stepContext);
  const body = texts.render(step.body);
  const promptPosition = change.conversation.partCount + 1;
  const offers = step.from === undefined ? step.options : listedOptions(stepContext.run, step.id);
  if (step.from !== undefined && offers.length === 0) {
    const what = 'Asked nothing: there is no list, or no entry in it for a button.';
    return { change, what, does: 'go', to: step.from.empty };
  }
  const options = offers.map(({ id, text }) => ({
    id: wireOptionId(id, promptPosition),
    // A button without a text could not be told from the others. What a list says is no template.
    text: (step.from === undefined ? texts.render(text) : text) || id,
  }));
  const isTold = options.every(({ text }, index) => text === offers[index]!.text);
  const offered = options.map(({ text }, index) => ({ id: offers[index]!.id, text }));
  const after = offerQuickReplies(change, context, null, body === '' ? null : body, options);
  const untilMs = step.timeout === null ? null : timeAfter(context.nowMs, step.timeout.afterMs);
  const names = options.map(({ text }) => quote(text)).join(', ');
  return {
    change: after,
    what: texts.explain(`Offered ${names}; waits for a choice.`),
    does: 'wait',
    waiting: {
      for: 'quick_reply',
      promptPosition,
      ...(isTold ? {} : { offered }),
      sinceMs: context.nowMs,
      untilMs,
    },
  };
}

function chooseBranch(
  change: Change,
  step: StepOf<'branch'>,
  stepContext: StepContext,
): StepOutcome {
  const facts = factsOf(change, stepContext.context, stepContext.heard);
  const index = step.cases.findIndex(({ when }) => holds(when, facts));
  const found = step.cases[index];
  if (found === undefined) {
    return { change, what: 'No case holds.', does: 'go', to: step.otherwise };
  }
  const what = `Case ${index + 1} holds: ${describeCondition(found.when)}.`;
  return { change, what, does: 'go', to: found.next };
}

function beginWait(
  change: Change,
  step: StepOf<'wait'> | StepOf<'wait_until'> | StepOf<'wait_for_message'>,
  context: TransitionContext,
): StepOutcome {
  const { nowMs } = context;
  if (step.do === 'wait') {
    const untilMs = timeAfter(nowMs, step.forMs);
    const what = `Waits ${describeDuration(step.forMs)}.`;
    return { change, what, does: 'wait', waiting: { for: 'time', sinceMs: nowMs, untilMs } };
  }
  if (step.do === 'wait_until') {
    const untilMs = timeOfDayAfter(step, nowMs, context);
    const what = describeTimeOfDay(step, context);
    return { change, what, does: 'wait', waiting: { for: 'time', sinceMs: nowMs, untilMs } };
  }
  const untilMs = step.timeout === null ? null : timeAfter(nowMs, step.timeout.afterMs);
  const what = 'Waits for a message.';
  return { change, what, does: 'wait', waiting: { for: 'message', sinceMs: nowMs, untilMs } };
}

function tag(change: Change, step: StepOf<'tag'>, { context, run }: StepContext): StepOutcome {
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
  return go(changeTags(change, context, { add, remove: step.remove }, actor), step, what);
}

function note(change: Change, step: StepOf<'note'>, stepContext: StepContext): StepOutcome {
  const texts = new StepTexts(change, stepContext);
  const body = texts.render(step.body);
  if (body === '') return go(change, step, texts.explain('Skipped: the text is empty.'));
  return go(
    writeNote(change, stepContext.context, null, body),
    step,
    texts.explain('Wrote a note.'),
  );
}

function handOver(change: Change, step: StepOf<'assign'>, stepContext: StepContext): StepOutcome {
  const { context } = stepContext;
  const { to } = step;
  const texts = new StepTexts(change, stepContext);
  const body = step.body === null ? '' : texts.render(step.body);
  const noteBody = step.note === null ? '' : texts.render(step.note);
  const people = to?.type === 'team' ? context.setup.teams : context.setup.admins;
  const isGone = to !== null && !people.has(to.id);
  const assigned = isGone ? change : assign(change, context, null, to, body === '' ? null : body);
  const noted = noteBody === '' ? assigned : writeNote(assigned, context, null, noteBody);
  return go(noted, step, texts.explain(describeAssignment(to, isGone, people)));
}

function describeAssignment(
  to: StepOf<'assign'>['to'],
  isGone: boolean,
  people: ReadonlyMap<number, { readonly name: string }>,
): string {
  if (to === null) return 'Assigned to nobody.';
  if (isGone) return `Not assigned: ${to.type} ${to.id} is not there any more.`;
  return `Assigned to ${to.type} ${quote(people.get(to.id)?.name ?? String(to.id))}.`;
}

function closeConversation(
  change: Change,
  step: StepOf<'close'>,
  stepContext: StepContext,
): StepOutcome {
  const texts = new StepTexts(change, stepContext);
  const body = step.body === null ? '' : texts.render(step.body);
  const closed = close(change, stepContext.context, null, body === '' ? null : body);
  return { change: closed, what: texts.explain('Closed the conversation.'), does: 'close' };
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** As a workflow file says it: `90s`, `24h`. */
function describeDuration(ms: number): string {
  const unit = units.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
