// Reads a close step: it ends the run, so it has no `next`.

import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { bodyRules, reportNext } from '../step-fields.ts';
import { readTemplate } from '../text-reader.ts';

export function readClose(context: ReadingContext): StepOf<'close'> {
  reportNext(context, 'closing ends the run');
  const body = readTemplate(context, context.fields, 'body', bodyRules) ?? null;
  return { id: context.id, do: 'close', body };
}
