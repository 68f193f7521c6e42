// The step collect_attribute: asks for a value, and checks each answer, whether the app sends it as an event or the
// contact types it.

import { countCharacters } from '../../../base/characters.ts';
import { limits } from '../../../base/limits.ts';
import type { Change } from '../../conversation/change.ts';
import { addAttributePart } from '../../conversation/collect-attribute.ts';
import { requestAttribute, sendMessage } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import { expireAtLimit, limitEnd, type PendingKind, type WaitingFor } from '../run/pending.ts';
import {
  type InputOutcome,
  ignored,
  quote,
  type StepContext,
  type StepOutcome,
  StepTexts,
} from '../run/progress.ts';
import { isFoundIn } from '../template/pattern.ts';
import { writeTyped } from './set-attribute.ts';

type CollectStep = StepOf<'collect_attribute'>;

/** Asks for the value the first time. */
export function runCollectAttribute(
  change: Change,
  step: CollectStep,
  stepContext: StepContext,
): StepOutcome {
  const { context } = stepContext;
  const texts = new StepTexts(change, stepContext);
  const asked = put(change, texts.render(step.prompt), step, stepContext);
  const untilMs = limitEnd(step, context.nowMs);
  return {
    change: asked,
    what: texts.explain(`Asked for ${quote(step.attribute)}.`),
    does: 'wait',
    waiting: {
      for: 'attribute',
      attribute: step.attribute,
      attempt: 1,
      sinceMs: context.nowMs,
      untilMs,
    },
  };
}

export const pendingCollectAttribute: PendingKind<'collect_attribute'> = {
  waitsFor: 'attribute',
  // If this version collects another attribute, it is another question.
  isFor: (step, waiting) => step.attribute === waiting.attribute,
  untilMs: limitEnd,
  take: (change, step, waiting, input, stepContext) => {
    if (input.kind === 'attribute' && input.id === waiting.attribute) {
      return takeCollected(change, step, waiting, input.value, stepContext);
    }
    return input.kind === 'message'
      ? takeTyped(change, step, waiting, input.body, stepContext)
      : ignored(change, input);
  },
  expire: expireAtLimit,
};

/** Sends the question, unless it is empty, and asks the app for the value. */
function put(change: Change, text: string, step: CollectStep, { context }: StepContext): Change {
  const sent = text === '' ? change : sendMessage(change, context, null, text);
  return requestAttribute(sent, context, step.attribute);
}

/** Takes the value from the app's event: it is already cast and written, so only the pattern remains to be checked. */
function takeCollected(
  change: Change,
  step: CollectStep,
  waiting: WaitingFor<'attribute'>,
  value: string,
  stepContext: StepContext,
): InputOutcome {
  if (value === '') return rejectAnswer(change, step, waiting, 'it is empty', stepContext);
  if (step.pattern !== null && !isFoundIn(value, step.pattern)) {
    const why = `${quote(value)} does not match the pattern; it stays written`;
    return rejectAnswer(change, step, waiting, why, stepContext);
  }
  const what = `The app collected ${quote(value)} for ${quote(step.attribute)}.`;
  return { change, what, does: 'go', to: step.next };
}

/** Takes the value that the contact typed. */
function takeTyped(
  change: Change,
  step: CollectStep,
  waiting: WaitingFor<'attribute'>,
  message: string,
  stepContext: StepContext,
): InputOutcome {
  const { context, run } = stepContext;
  const text = message.trim();
  if (text === '') return rejectAnswer(change, step, waiting, 'it is empty', stepContext);
  if (countCharacters(text) > limits.attributeValueCharactersMax) {
    const why = `${quote(text)} does not fit the type of the attribute: it is too long`;
    return rejectAnswer(change, step, waiting, why, stepContext);
  }
  if (step.pattern !== null && !isFoundIn(text, step.pattern)) {
    const why = `${quote(text)} does not match the pattern`;
    return rejectAnswer(change, step, waiting, why, stepContext);
  }
  const written = writeTyped(change, context, step.attribute, text);
  if (written.ok) {
    const withPart = addAttributePart(written.change, context, run.name, step.attribute, text);
    const what = `The contact typed ${quote(text)} for ${quote(step.attribute)}.`;
    return { change: withPart, what, does: 'go', to: step.next };
  }
  // Asking again would not help.
  if (written.reason !== 'misfit') {
    const what =
      written.reason === 'full'
        ? `There are too many attributes for ${quote(step.attribute)}.`
        : `The attributes would be too large with ${quote(step.attribute)}.`;
    return { change, what, does: 'go', to: step.failed };
  }
  const why = `${quote(text)} does not fit the type of the attribute`;
  return rejectAnswer(change, step, waiting, why, stepContext);
}

function rejectAnswer(
  change: Change,
  step: CollectStep,
  waiting: WaitingFor<'attribute'>,
  why: string,
  stepContext: StepContext,
): InputOutcome {
  const { attempt } = waiting;
  const what = `Answer ${attempt} of ${step.attempts} was rejected: ${why}.`;
  if (attempt >= step.attempts) return { change, what, does: 'go', to: step.failed };
  const texts = new StepTexts(change, stepContext);
  const invalid = step.invalid === null ? '' : texts.render(step.invalid);
  const asked = put(change, invalid || texts.render(step.prompt), step, stepContext);
  return {
    change: asked,
    what: texts.explain(what),
    does: 'wait',
    waiting: { ...waiting, attempt: attempt + 1 },
  };
}
