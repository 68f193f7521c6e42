// The shape of a contact on the wire (contract D.1). core/presenters/contact.ts makes it.

import { Type } from 'typebox';
import {
  customAttributes,
  nullable,
  nullableTimestamp,
  timestamp,
} from '../../../contract/schema-pieces.ts';
import { pagesSchema } from '../../server/search-schema.ts';

/** A list in a contact: its first items as references. */
const itemList = (description: string) =>
  Type.Object(
    {
      type: Type.Literal('list'),
      data: Type.Array(Type.Object({ type: Type.String(), id: Type.String(), url: Type.String() })),
      url: Type.String(),
      total_count: Type.Integer(),
      has_more: Type.Boolean(),
    },
    { description },
  );

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
    avatar: nullable('object', { description: '`{type: "avatar", image_url}`.' }),
    owner_id: nullable('integer', { description: 'The teammate who looks after the contact.' }),
    unsubscribed_from_emails: Type.Boolean(),
    created_at: timestamp(),
    updated_at: timestamp(),
    signed_up_at: nullableTimestamp(),
    last_seen_at: nullableTimestamp(),
    last_replied_at: nullableTimestamp(),
    language_override: nullable('string'),
    custom_attributes: customAttributes,
    tags: itemList('The first ten tags; all are at `url`.'),
    notes: itemList('The newest ten notes; all are at `url`.'),
    companies: itemList('The newest ten companies; all are at `url`.'),
  },
  {
    title: 'Contact',
    description:
      'The fields that Parley stores. The other published fields are present, null or empty.',
  },
);

export const contactList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(contactSchema),
    total_count: Type.Integer(),
    pages: pagesSchema,
  },
  { title: 'Contact list' },
);
