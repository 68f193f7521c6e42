// Reads a collect_attribute step: the prompt, the pattern of the answer, and how often to ask.

import type { StepOf } from '../../definition.ts';
import { attributeFor } from '../attribute-reader.ts';
import type { ReadingContext } from '../reading-context.ts';
import { bodyRules, readNext, readTimeout } from '../step-fields.ts';
import { readPattern, readTemplate } from '../text-reader.ts';

const ATTEMPTS_MAX = 20;
const ATTEMPTS = 3;

export function readCollectAttribute(context: ReadingContext): StepOf<'collect_attribute'> {
  const { id, fields } = context;
  const next = readNext(context);
  return {
    id,
    do: 'collect_attribute',
    attribute: attributeFor(context, fields, 'attribute', 'any') ?? '',
    prompt: readTemplate(context, fields, 'prompt', { ...bodyRules, isRequired: true }) ?? '',
    pattern: readPattern(fields, 'pattern') ?? null,
    invalid: readTemplate(context, fields, 'invalid', bodyRules) ?? null,
    attempts: fields.wholeNumber('attempts', 1, ATTEMPTS_MAX) ?? ATTEMPTS,
    failed: context.target(fields, 'failed', next),
    timeout: readTimeout(context, next),
    next,
  };
}
