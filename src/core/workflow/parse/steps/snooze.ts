// Reads a snooze step: for how long.

import { DURATION_MAX_MS, DURATION_MIN_MS } from '../../../../base/text-files/field-reader.ts';
import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { readNext } from '../step-fields.ts';

export const readSnooze = (context: ReadingContext): StepOf<'snooze'> => ({
  id: context.id,
  do: 'snooze',
  forMs: context.fields.duration('for', DURATION_MIN_MS, DURATION_MAX_MS, true) ?? 0,
  next: readNext(context),
});
