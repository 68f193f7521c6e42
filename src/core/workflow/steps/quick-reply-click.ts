// A click on a quick reply: the button of the present question is the contact's answer; a button of an old question, or
// a second click on the same one, is ignored.

import type { Change } from '../../conversation/change.ts';
import { optionIdOf, wireOptionId } from '../../conversation/option-id.ts';
import type { StepOf } from '../definition.ts';
import type { RunInput } from '../run/input.ts';
import { type InputOutcome, ignored, quote, type StepContext } from '../run/progress.ts';
import { takeChosen } from './listed-options.ts';

/** Takes a click as the choice of a button. @param promptPosition of the question at which the run waits. */
export function takeClick(
  change: Change,
  step: StepOf<'ask_quick_reply'>,
  promptPosition: number,
  input: RunInput,
  stepContext: StepContext,
): InputOutcome {
  if (input.kind !== 'option_chosen' || input.promptPosition !== promptPosition) {
    return ignored(change, input);
  }
  const { from } = step;
  if (from !== undefined) {
    const listed = optionIdOf(input.optionId, promptPosition);
    return listed === null
      ? ignored(change, input)
      : takeChosen(change, from, listed, input.text, stepContext);
  }
  const chosen = step.options.find(({ id }) => wireOptionId(id, promptPosition) === input.optionId);
  if (chosen === undefined) return ignored(change, input);
  const what = `The contact chose ${quote(input.text)}.`;
  return { change, what, does: 'go', to: chosen.next };
}
