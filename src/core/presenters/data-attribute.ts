// A data attribute as the wire shows it (contract D.3): the definition of a custom attribute.

import type { DataType } from '../model/model.ts';
import { seconds } from './seconds.ts';

type Attribute = {
  readonly id: number;
  readonly model: string;
  readonly name: string;
  readonly dataType: DataType;
  readonly options: readonly string[];
  readonly label: string | null;
  readonly description: string | null;
  readonly messengerWritable: boolean;
  readonly isArchived: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly adminId: number | null;
};

/** The published types: a list of options is a text, and all dates are one type. */
const shownTypes: Readonly<Partial<Record<DataType, string>>> = {
  options: 'string',
  datetime: 'date',
};

export const presentDataAttribute = (attribute: Attribute): object => ({
  type: 'data_attribute',
  id: attribute.id,
  model: attribute.model,
  name: attribute.name,
  full_name: `custom_attributes.${attribute.name}`,
  label: attribute.label ?? attribute.name,
  description: attribute.description ?? '',
  data_type: shownTypes[attribute.dataType] ?? attribute.dataType,
  options: attribute.options,
  api_writable: true,
  messenger_writable: attribute.messengerWritable,
  ui_writable: false,
  custom: true,
  archived: attribute.isArchived,
  created_at: seconds(attribute.createdAt),
  updated_at: seconds(attribute.updatedAt),
  admin_id: attribute.adminId === null ? null : String(attribute.adminId),
});
