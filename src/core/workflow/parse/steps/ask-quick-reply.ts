// Reads an ask_quick_reply step: the question, its buttons or the list they come from, and what a typed reply does.

import { limits } from '../../../../base/limits.ts';
import { OPTION_ID_CHARACTERS_MAX } from '../../../conversation/option-id.ts';
import type { QuickReplyOption, StepOf, Target } from '../../definition.ts';
import { OPTIONS_MAX, readOptionsSource } from '../listed-options-reader.ts';
import type { ReadingContext } from '../reading-context.ts';
import { bodyRules, readNext, readTimeout } from '../step-fields.ts';
import { readTemplate } from '../text-reader.ts';

export function readAskQuickReply(context: ReadingContext): StepOf<'ask_quick_reply'> {
  const { id, fields } = context;
  const next = readNext(context);
  const otherwise = fields.has('otherwise')
    ? { otherwise: context.target(fields, 'otherwise', next) }
    : {};
  return {
    id,
    do: 'ask_quick_reply',
    body: readTemplate(context, fields, 'body', { ...bodyRules, isRequired: true }) ?? '',
    ...(fields.has('options_from')
      ? { options: [], from: readOptionsSource(context, next) }
      : { options: readOptions(context, next) }),
    ...otherwise,
    ...(fields.flag('accept_typed') === false ? { acceptsTyped: false } : {}),
    timeout: readTimeout(context, next),
  };
}

function readOptions(context: ReadingContext, next: Target): QuickReplyOption[] {
  const { fields } = context;
  const countRules = { countMin: 1, countMax: OPTIONS_MAX, isRequired: true };
  const list = fields.list('options', countRules) ?? [];
  const seen = new Set<string>();
  return list.map((source, index) => {
    const option = fields.below(['options', index], source);
    const idRules = { charactersMax: OPTION_ID_CHARACTERS_MAX, isRequired: true };
    const id = option.text('id', idRules) ?? '';
    if (id !== '' && seen.has(id)) {
      option.fault(['id'], `repeats the id "${id}"`, 'give every button of a question its own id');
    }
    seen.add(id);
    const rules = { charactersMax: limits.nameCharactersMax, isRequired: true };
    const text = readTemplate(context, option, 'text', rules) ?? '';
    const target = context.target(option, 'next', next);
    option.reportUnknownKeys();
    return { id, text, next: target };
  });
}
