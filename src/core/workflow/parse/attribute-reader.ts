// Reads which attribute a step means, and checks whether a constant value fits it. parley.yaml defines attributes.

import { limits } from '../../../base/limits.ts';
import type { FieldReader, Path } from '../../../base/text-files/field-reader.ts';
import { suggestName } from '../../../base/text-files/suggest.ts';
import { castAttributeValue } from '../../model/attribute-value.ts';
import type { DataAttribute } from '../../model/model.ts';
import type { ReadingContext } from './reading-context.ts';

/** Fields of the contact that can be collected without a definition. */
const contactFields = ['name', 'email', 'phone'];

type Definition = Pick<DataAttribute, 'dataType' | 'options'>;

/** Reads the name of an attribute that must exist. @param model `any`: of the conversation or the contact. */
export function attributeFor(
  context: ReadingContext,
  fields: FieldReader,
  key: string,
  model: DataAttribute['model'] | 'any',
): string | undefined {
  const rules = { charactersMax: limits.idCharactersMax, isRequired: true };
  const name = fields.text(key, rules);
  if (name !== undefined) attributeNamed(context, fields, [key], name, model);
  return name;
}

/** Looks an attribute up, and reports one that does not exist. */
export function attributeNamed(
  { names }: ReadingContext,
  fields: FieldReader,
  below: Path,
  name: string,
  model: DataAttribute['model'] | 'any',
): Definition | undefined {
  const models = model === 'any' ? (['conversation', 'contact'] as const) : [model];
  for (const one of models) {
    const definition = names.attribute(one, name);
    if (definition !== undefined) return definition;
  }
  if (model !== 'conversation' && contactFields.includes(name)) return undefined;
  const of = model === 'any' ? '' : ` of the ${model}`;
  const others = [
    ...names.namesOf('attribute'),
    ...(model === 'conversation' ? [] : contactFields),
  ];
  const remedy = `${suggestName(name, others)} (or add it to data_attributes in parley.yaml)`;
  fields.fault(below, `names the attribute "${name}"${of}, which does not exist`, remedy);
  return undefined;
}

/** Reads the attribute of a set_attribute step. */
export function setAttributeFields(context: ReadingContext): {
  readonly model: DataAttribute['model'];
  readonly attribute: string;
  readonly definition: Definition | undefined;
} {
  const { fields } = context;
  const model = fields.choice('model', ['contact', 'conversation']) ?? 'conversation';
  const rules = { charactersMax: limits.idCharactersMax, isRequired: true };
  const attribute = fields.text('attribute', rules) ?? '';
  const definition =
    attribute === '' ? undefined : attributeNamed(context, fields, ['attribute'], attribute, model);
  return { model, attribute, definition };
}

/** Reports a value without placeholders that the attribute can never take. */
export function constantFits(fields: FieldReader, value: string, definition: Definition): void {
  if (value === '' || /\{[{%]/.test(value)) return;
  const full = { ...definition, name: '', model: 'conversation' as const };
  if (castAttributeValue(value, full) !== undefined) return;
  const { dataType, options } = definition;
  const reason = `is "${value}", which is not a value of type ${dataType}`;
  const remedy = dataType === 'options' ? suggestName(value, options) : `write a ${dataType}`;
  fields.fault(['value'], reason, remedy);
}
