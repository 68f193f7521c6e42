// What a signal means to a run that waits: it is what the run waits for, or the run stays where it is and the trace
// says why. Also which steps can wait for what, so that nothing is offered to a step that would not know it.

import type { Change } from '../../conversation/change.ts';
import { optionIdOf, wireOptionId } from '../../conversation/option-id.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Step, Target, TimeLimit } from '../definition.ts';
import { takeOutcome, takeTimeout, type WebhookStep } from '../steps/call-webhook.ts';
import {
  type CollectStep,
  takeCollected,
  takeTyped,
  type WaitingForAttribute,
} from '../steps/collect-attribute.ts';
import { listedOptions, takeChosen } from '../steps/listed-options.ts';
import { timeOfDayAfter } from '../steps/wait.ts';
import type { RunInput } from './input.ts';
import { type Answer, quote, type StepContext, timeAfter } from './progress.ts';
import type { ListedOption, Waiting, WorkflowRun } from './run.ts';
import { findTyped } from './typed-choice.ts';

type AskStep = Extract<Step, { readonly do: 'ask_quick_reply' }>;
type WaitStep = Extract<Step, { readonly do: 'wait' | 'wait_until' }>;
type ListenStep = Extract<Step, { readonly do: 'wait_for_message' }>;
type WaitingFor<Kind extends Waiting['for']> = Extract<Waiting, { readonly for: Kind }>;

/** What a run waits for, with a step that can wait for it. */
export type Waited =
  | {
      readonly for: 'quick_reply';
      readonly step: AskStep;
      readonly waiting: WaitingFor<'quick_reply'>;
    }
  | { readonly for: 'attribute'; readonly step: CollectStep; readonly waiting: WaitingForAttribute }
  | { readonly for: 'message'; readonly step: ListenStep; readonly waiting: WaitingFor<'message'> }
  | { readonly for: 'time'; readonly step: WaitStep; readonly waiting: WaitingFor<'time'> }
  | {
      readonly for: 'webhook';
      readonly step: WebhookStep;
      readonly waiting: WaitingFor<'webhook'>;
    };

/** The two together; null when the step is not one that waits for this. */
export function pairUp(step: Step, waiting: Waiting): Waited | null {
  switch (waiting.for) {
    case 'quick_reply':
      return step.do === 'ask_quick_reply' ? { for: waiting.for, step, waiting } : null;
    case 'attribute': {
      const isSame = step.do === 'collect_attribute' && step.attribute === waiting.attribute;
      return isSame ? { for: waiting.for, step, waiting } : null;
    }
    case 'message':
      return step.do === 'wait_for_message' ? { for: waiting.for, step, waiting } : null;
    case 'time':
      return step.do === 'wait' || step.do === 'wait_until'
        ? { for: waiting.for, step, waiting }
        : null;
    case 'webhook':
      return step.do === 'call_webhook' ? { for: waiting.for, step, waiting } : null;
  }
}

/** The buttons of a question as they were offered. */
export const offeredBy = (
  step: AskStep,
  { offered }: { readonly offered?: readonly ListedOption[] },
  run: WorkflowRun,
): readonly ListedOption[] =>
  offered ?? (step.from === undefined ? step.options : listedOptions(run, step.id));

/** Until when a run that came to a step at a time waits there. */
export function waitsUntil(
  { step }: Waited,
  sinceMs: number,
  context: TransitionContext,
): number | null {
  switch (step.do) {
    case 'wait':
      return timeAfter(sinceMs, step.forMs);
    case 'wait_until':
      return timeOfDayAfter(step, sinceMs, context);
    case 'call_webhook':
      return step.withinMs == null ? null : timeAfter(sinceMs, step.withinMs);
    default:
      return step.timeout === null ? null : timeAfter(sinceMs, step.timeout.afterMs);
  }
}

/** Offers a signal to the run. */
export function offer(
  change: Change,
  waited: Waited,
  input: RunInput,
  stepContext: StepContext,
): Answer {
  if (input.kind === 'time') return offerTime(change, waited, stepContext);
  switch (waited.for) {
    case 'quick_reply':
      return input.kind === 'message'
        ? offerTyped(change, waited.step, waited.waiting, input, stepContext)
        : offerToQuestion(change, waited.step, waited.waiting.promptPosition, input, stepContext);
    case 'attribute':
      return offerToCollector(change, waited.step, waited.waiting, input, stepContext);
    case 'message':
      return input.kind === 'message'
        ? { change, what: 'A message came.', does: 'go', to: waited.step.next }
        : stay(change, input);
    case 'time':
      return stay(change, input);
    case 'webhook':
      return input.kind === 'job' && input.jobId === waited.waiting.jobId
        ? takeOutcome(change, waited.step, input.outcome, stepContext)
        : stay(change, input);
  }
}

function offerToCollector(
  change: Change,
  step: CollectStep,
  waiting: WaitingForAttribute,
  input: RunInput,
  stepContext: StepContext,
): Answer {
  if (input.kind === 'attribute' && input.id === waiting.attribute) {
    return takeCollected(change, step, waiting, input.value, stepContext);
  }
  return input.kind === 'message'
    ? takeTyped(change, step, waiting, input.body, stepContext)
    : stay(change, input);
}

function offerToQuestion(
  change: Change,
  step: AskStep,
  promptPosition: number,
  input: RunInput,
  stepContext: StepContext,
): Answer {
  if (input.kind !== 'option_chosen' || input.promptPosition !== promptPosition) {
    return stay(change, input);
  }
  const { from } = step;
  if (from !== undefined) {
    const listed = optionIdOf(input.optionId, promptPosition);
    return listed === null
      ? stay(change, input)
      : takeChosen(change, from, listed, input.text, stepContext);
  }
  const chosen = step.options.find(({ id }) => wireOptionId(id, promptPosition) === input.optionId);
  if (chosen === undefined) return stay(change, input);
  const what = `The contact chose ${quote(input.text)}.`;
  return { change, what, does: 'go', to: chosen.next };
}

/** The contact typed where buttons are: one of them may be meant. */
function offerTyped(
  change: Change,
  step: AskStep,
  waiting: WaitingFor<'quick_reply'>,
  message: RunInput & { readonly kind: 'message' },
  stepContext: StepContext,
): Answer {
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
    const answer = offerToQuestion(change, step, promptPosition, click, stepContext);
    if (answer.does !== 'go') return answer;
    const what = `The contact typed ${quote(message.body)}. ${answer.what}`;
    return { ...answer, what, chosen: { id: optionId, text } };
  }
  const typed = 'The contact typed instead of choosing';
  const what = choice === 'several' ? `${typed}: several buttons could be meant.` : `${typed}.`;
  if (step.otherwise !== undefined) return { change, what, does: 'go', to: step.otherwise };
  return choice === 'several' ? { change, what, does: 'stay' } : stay(change, message);
}

function stay(change: Change, input: RunInput): Answer {
  return { change, what: whyIgnored(input), does: 'stay' };
}

function whyIgnored(input: RunInput): string {
  switch (input.kind) {
    case 'created':
    case 'closed':
      return `Ignored: it does not wait for a conversation to be ${input.kind}.`;
    case 'message':
      return 'A message moves nothing here; it goes on waiting.';
    case 'option_chosen':
      return `Ignored: ${quote(input.text)} is not a button of the present question.`;
    case 'attribute':
      return `Ignored: it does not wait for ${quote(input.id)}.`;
    case 'time':
      return 'Ignored: its time has not come.';
    case 'job':
      return 'A late answer of a call was refused: it does not wait for that call.';
  }
}

function offerTime(change: Change, waited: Waited, stepContext: StepContext): Answer {
  const { step, waiting } = waited;
  const isDue = waiting.untilMs !== null && waiting.untilMs <= stepContext.context.nowMs;
  if (!isDue) return stay(change, { kind: 'time' });
  if (waited.for === 'webhook' && waited.step.withinMs != null) {
    return takeTimeout(change, waited.step, waited.waiting.jobId, stepContext);
  }
  const limit = limitOf(step);
  if (limit !== null) return { change, what: limit.what, does: 'go', to: limit.next };
  // Nothing is due in this version of the step: without this the timer would fire again and again.
  const what = 'Its time limit is gone; it goes on waiting.';
  return { change, what, does: 'wait', waiting: { ...waiting, untilMs: null } };
}

function limitOf(step: Waited['step']): { readonly next: Target; readonly what: string } | null {
  if (step.do === 'call_webhook') return null;
  if (step.do === 'wait' || step.do === 'wait_until') {
    return { next: step.next, what: 'The wait is over.' };
  }
  const limit: TimeLimit | null = step.timeout;
  return limit === null ? null : { next: limit.next, what: 'Nothing came in time.' };
}
