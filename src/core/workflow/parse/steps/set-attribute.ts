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
  const value = readValue(context);
  if (definition !== undefined) constantFits(fields, value, definition);
  return { id, do: 'set_attribute', model, attribute, value, next: readNext(context) };
}

/** Reads the value: a number, a boolean, an empty text or a template. */
function readValue(context: ReadingContext): string {
  const plain = context.fields.value('value');
  if (typeof plain === 'number' || typeof plain === 'boolean') return String(plain);
  if (plain === '') return '';
  const rules = { charactersMax: limits.attributeValueCharactersMax, isRequired: true };
  return readTemplate(context, context.fields, 'value', rules) ?? '';
}
