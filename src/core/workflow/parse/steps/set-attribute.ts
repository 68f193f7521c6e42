// Reads a set_attribute step: the attribute and a value that fits it.

import { limits } from '../../../../base/limits.ts';
import type { StepOf } from '../../definition.ts';
import { constantFits, setAttributeFields } from '../attribute-reader.ts';
import type { ReadingContext } from '../reading-context.ts';
import { readNext } from '../step-fields.ts';
import { readTemplate } from '../text-reader.ts';

export function readSetAttribute(context: ReadingContext): StepOf<'set_attribute'> {
  const { id, fields } = context;
  const { model, attribute, definition } = setAttributeFields(context);
  const plain = fields.value('value');
  const isPlain = typeof plain === 'number' || typeof plain === 'boolean';
  const isEmpty = plain === '';
  const rules = { charactersMax: limits.attributeValueCharactersMax, isRequired: true };
  const value = isPlain
    ? String(plain)
    : isEmpty
      ? ''
      : (readTemplate(context, fields, 'value', rules) ?? '');
  if (definition !== undefined) constantFits(fields, value, definition);
  return { id, do: 'set_attribute', model, attribute, value, next: readNext(context) };
}
