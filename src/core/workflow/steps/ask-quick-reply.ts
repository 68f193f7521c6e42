// The step ask_quick_reply: offers buttons, and takes a click or a typed text as the choice of one.

import type { Change } from '../../conversation/change.ts';
import { offerQuickReplies } from '../../conversation/effects.ts';
import { wireOptionId } from '../../conversation/option-id.ts';
import type { StepOf } from '../definition.ts';
import type { RunInput } from '../run/input.ts';
import { expireAtLimit, limitEnd, type PendingKind, type WaitingFor } from '../run/pending.ts';
import {
  type InputOutcome,
  ignored,
  quote,
  type StepContext,
  type StepOutcome,
  StepTexts,
} from '../run/progress.ts';
import type { ListedOption, WorkflowRun } from '../run/run.ts';
import { findTyped } from '../run/typed-choice.ts';
import { listedOptions } from './listed-options.ts';
import { takeClick } from './quick-reply-click.ts';

export function runAskQuickReply(
  change: Change,
  step: StepOf<'ask_quick_reply'>,
  stepContext: StepContext,
): StepOutcome {
  const { context } = stepContext;
  const texts = new StepTexts(change, stepContext);
  const body = texts.render(step.body);
  const promptPosition = change.conversation.partCount + 1;
  const entries = step.from === undefined ? step.options : listedOptions(stepContext.run, step.id);
  if (step.from !== undefined && entries.length === 0) {
    const what = 'Asked nothing: the list is missing, or has no entry for a button.';
    return { change, what, does: 'go', to: step.from.empty };
  }
  const options = entries.map(({ id, text }) => ({
    id: wireOptionId(id, promptPosition),
    // A button without a text would be indistinguishable. Texts of a list are not templates.
    text: (step.from === undefined ? texts.render(text) : text) || id,
  }));
  const isAsWritten = options.every(({ text }, index) => text === entries[index]!.text);
  const offered = options.map(({ text }, index) => ({ id: entries[index]!.id, text }));
  const after = offerQuickReplies(change, context, null, body === '' ? null : body, options);
  const untilMs = limitEnd(step, context.nowMs);
  const names = options.map(({ text }) => quote(text)).join(', ');
  return {
    change: after,
    what: texts.explain(`Offered ${names}; waits for a choice.`),
    does: 'wait',
    waiting: {
      for: 'quick_reply',
      promptPosition,
      ...(isAsWritten ? {} : { offered }),
      sinceMs: context.nowMs,
      untilMs,
    },
  };
}

export const pendingAskQuickReply: PendingKind<'ask_quick_reply'> = {
  waitsFor: 'quick_reply',
  untilMs: limitEnd,
  take: (change, step, waiting, input, stepContext) =>
    input.kind === 'message'
      ? takeTyped(change, step, waiting, input, stepContext)
      : takeClick(change, step, waiting.promptPosition, input, stepContext),
  expire: expireAtLimit,
};

/** Returns the buttons that a question offered. */
const offeredBy = (
  step: StepOf<'ask_quick_reply'>,
  { offered }: { readonly offered?: readonly ListedOption[] },
  run: WorkflowRun,
): readonly ListedOption[] =>
  offered ?? (step.from === undefined ? step.options : listedOptions(run, step.id));

/** Matches a typed message with the buttons. */
function takeTyped(
  change: Change,
  step: StepOf<'ask_quick_reply'>,
  waiting: WaitingFor<'quick_reply'>,
  message: RunInput & { readonly kind: 'message' },
  stepContext: StepContext,
): InputOutcome {
  const { promptPosition } = waiting;
  const offered = offeredBy(step, waiting, stepContext.run);
  const choice =
    step.acceptsTyped === false
      ? 'none'
      : findTyped(
          offered.map(({ text }) => text),
          message.body,
          { byPlace: !stepContext.context.channel.hasButtons },
        );
  if (typeof choice === 'number') {
    const { id, text } = offered[choice]!;
    const optionId = wireOptionId(id, promptPosition);
    const click = { kind: 'option_chosen', optionId, text, promptPosition } as const;
    const outcome = takeClick(change, step, promptPosition, click, stepContext);
    if (outcome.does !== 'go') return outcome;
    const what = `The contact typed ${quote(message.body)}. ${outcome.what}`;
    return { ...outcome, what, chosen: { id: optionId, text } };
  }
  const typed = 'The contact typed instead of choosing';
  const what = choice === 'several' ? `${typed}: several buttons could be meant.` : `${typed}.`;
  if (step.otherwise !== undefined) return { change, what, does: 'go', to: step.otherwise };
  return choice === 'several' ? { change, what, does: 'ignored' } : ignored(change, message);
}
