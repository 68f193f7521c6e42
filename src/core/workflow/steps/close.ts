// The step close: closes the conversation, and the run with it.

import type { Change } from '../../conversation/change.ts';
import { close } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import { type StepContext, type StepOutcome, StepTexts } from '../run/progress.ts';

export function runClose(
  change: Change,
  step: StepOf<'close'>,
  stepContext: StepContext,
): StepOutcome {
  const texts = new StepTexts(change, stepContext);
  const body = step.body === null ? '' : texts.render(step.body);
  const closed = close(change, stepContext.context, null, body === '' ? null : body);
  return { change: closed, what: texts.explain('Closed the conversation.'), does: 'close' };
}
