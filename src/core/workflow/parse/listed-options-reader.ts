// Reads `options_from` of a question: where its buttons are in the response of a webhook.

import { limits } from '../../../base/limits.ts';
import type { OptionsSource, Target } from '../definition.ts';
import { attributeNamed } from './attribute-reader.ts';
import type { ReadingContext } from './reading-context.ts';
import { readPointer } from './steps/call-webhook.ts';

/** The most buttons of one question. */
export const OPTIONS_MAX = 50;
const STEP_ID_CHARACTERS_MAX = 64;

/** Reads the source of the buttons. @param next where every button leads. */
export function readOptionsSource(context: ReadingContext, next: Target): OptionsSource {
  const { fields } = context;
  const given = fields.value('options_from');
  // `options_from: /orders` is short for a mapping with only the list.
  const source = fields.below(
    ['options_from'],
    typeof given === 'string' ? { list: given } : (given ?? null),
  );
  const rules = { charactersMax: limits.idCharactersMax };
  const attribute = source.text('save', rules) ?? null;
  if (attribute !== null) {
    attributeNamed(context, source, ['save'], attribute, 'conversation');
  }
  const read: OptionsSource = {
    call: source.text('call', { charactersMax: STEP_ID_CHARACTERS_MAX }) ?? '',
    list: readPointer(source, 'list'),
    id: readPointer(source, 'id', '/id'),
    text: readPointer(source, 'text', '/text'),
    limit: source.wholeNumber('limit', 1, OPTIONS_MAX) ?? OPTIONS_MAX,
    attribute,
    next,
    empty: context.target(fields, 'empty', next),
  };
  source.reportUnknownKeys();
  if (fields.has('options')) {
    fields.fault(['options'], 'does not go with `options_from`', 'keep one of the two');
  }
  if (!fields.has('empty')) {
    const reason = 'has no `empty`: without an entry in the list nothing is asked';
    context.warn(fields, [], reason, 'add `empty:` with the step for that');
  }
  return read;
}
