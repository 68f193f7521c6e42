// The step note: writes a note that only teammates see.

import type { Change } from '../../conversation/change.ts';
import { writeNote } from '../../conversation/effects.ts';
import type { StepOf } from '../definition.ts';
import { goOn, type StepContext, type StepOutcome, StepTexts } from '../run/progress.ts';

export function runNote(
  change: Change,
  step: StepOf<'note'>,
  stepContext: StepContext,
): StepOutcome {
  const texts = new StepTexts(change, stepContext);
  const body = texts.render(step.body);
  if (body === '') return goOn(change, step, texts.explain('Skipped: the text is empty.'));
  return goOn(
    writeNote(change, stepContext.context, null, body),
    step,
    texts.explain('Wrote a note.'),
  );
}
