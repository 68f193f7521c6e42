// The shapes of data attributes on the wire (contract D.3). core/presenters/data-attribute.ts makes them.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  nullable,
  optionalText,
  requiredText,
  timestamp,
} from '../../../contract/schema-pieces.ts';

const text = <Value extends string>(values: readonly Value[], description: string) =>
  Type.Unsafe<Value>({ type: 'string', enum: values, description });

export const dataAttributeSchema = Type.Object(
  {
    type: Type.Literal('data_attribute'),
    id: Type.Integer(),
    model: text(['contact', 'company', 'conversation'], 'What has the attribute.'),
    name: Type.String(),
    full_name: Type.String({ description: '`custom_attributes.` and the name.' }),
    label: Type.String(),
    description: Type.String(),
    data_type: text(
      ['string', 'integer', 'float', 'boolean', 'date'],
      'A list of options is a string, a datetime a date.',
    ),
    options: Type.Array(Type.String()),
    api_writable: Type.Boolean(),
    messenger_writable: Type.Boolean(),
    ui_writable: Type.Boolean(),
    custom: Type.Boolean(),
    archived: Type.Boolean(),
    created_at: timestamp(),
    updated_at: timestamp(),
    admin_id: nullable('string', {
      description: 'The teammate who created it; null if `parley apply` did.',
    }),
  },
  { title: 'Data attribute' },
);

export const dataAttributeList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(dataAttributeSchema) },
  { title: 'Data attribute list' },
);

/** Checked by hand, since the published error for it is a 400. */
const options = Type.Optional(
  Type.Unsafe<unknown>({
    description: `The values, as \`[{"value": "…"}]\`: from 2 to ${limits.attributeOptionsMax}.`,
  }),
);

const flag = (description: string) =>
  Type.Optional(Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description }));

const details = {
  description: optionalText(limits.attributeDescriptionCharactersMax, {}),
  options,
  messenger_writable: flag('Whether a messenger may write it. Parley only keeps it.'),
};

export const createDataAttributeBody = Type.Object(
  {
    name: requiredText(limits.idCharactersMax, {
      description: 'Letters, digits, currency symbols, spaces, hyphens and underscores.',
      examples: ['Mithril Shirt'],
    }),
    model: requiredText(limits.nameCharactersMax, { description: '`contact` or `company`.' }),
    data_type: requiredText(limits.nameCharactersMax, {
      description: '`string`, `integer`, `float`, `boolean`, `date`, `datetime` or `options`.',
    }),
    ...details,
  },
  { title: 'Create a data attribute' },
);
export type CreateDataAttributeBody = Static<typeof createDataAttributeBody>;

export const updateDataAttributeBody = Type.Object(
  { ...details, archived: flag('Archives it, or brings it back.') },
  { title: 'Update a data attribute' },
);
export type UpdateDataAttributeBody = Static<typeof updateDataAttributeBody>;
