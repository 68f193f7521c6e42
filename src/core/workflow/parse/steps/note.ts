// Reads a note step: a template for teammates.

import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { bodyRules, readNext } from '../step-fields.ts';
import { readTemplate } from '../text-reader.ts';

export const readNote = (context: ReadingContext): StepOf<'note'> => ({
  id: context.id,
  do: 'note',
  body: readTemplate(context, context.fields, 'body', { ...bodyRules, isRequired: true }) ?? '',
  next: readNext(context),
});
