// The step send_message: sends a text to the contact.

import type { Change } from '../../conversation/change.ts';
import { sendMessage } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import { goOn, quote, type StepContext, type StepOutcome, StepTexts } from '../run/progress.ts';

export function runSendMessage(
  change: Change,
  step: StepOf<'send_message'>,
  stepContext: StepContext,
): StepOutcome {
  const texts = new StepTexts(change, stepContext);
  const body = texts.render(step.body);
  if (body === '') return goOn(change, step, texts.explain('Skipped: the text is empty.'));
  const sent = sendMessage(change, stepContext.context, null, body);
  return goOn(sent, step, texts.explain(`Sent ${quote(body)}.`));
}
