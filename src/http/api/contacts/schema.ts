// The shape of a contact on the wire (contract D.1). core/presenters/contact.ts makes it.

import { Type } from 'typebox';
import {
  customAttributes,
  nullable,
  nullableTimestamp,
  timestamp,
} from '../../../contract/schema-pieces.ts';

export const contactSchema = Type.Object(
  {
    type: Type.Literal('contact'),
    id: Type.String({ description: '24 hex characters.' }),
    workspace_id: Type.String(),
    external_id: nullable('string', { description: 'Your id of the contact.' }),
    role: Type.Unsafe<string>({ type: 'string', enum: ['user', 'lead'] }),
    email: nullable('string'),
    email_domain: nullable('string'),
    phone: nullable('string'),
    name: nullable('string'),
    created_at: timestamp(),
    updated_at: timestamp(),
    signed_up_at: nullableTimestamp(),
    last_replied_at: nullableTimestamp(),
    custom_attributes: customAttributes,
  },
  {
    title: 'Contact',
    description: 'The fields that Parley keeps; the other published ones are there, null or empty.',
  },
);
