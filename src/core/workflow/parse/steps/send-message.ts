// Reads a send_message step: a template for the contact.

import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { bodyRules, readNext } from '../step-fields.ts';
import { readTemplate } from '../text-reader.ts';

export const readSendMessage = (context: ReadingContext): StepOf<'send_message'> => ({
  id: context.id,
  do: 'send_message',
  body: readTemplate(context, context.fields, 'body', { ...bodyRules, isRequired: true }) ?? '',
  next: readNext(context),
});
