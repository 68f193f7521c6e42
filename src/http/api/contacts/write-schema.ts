// Schemas of the bodies that create, update and merge contacts, and of the short responses (contract D.1).

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  emailFormat,
  nullable,
  optionalExternalId,
  optionalId,
  optionalText,
  requiredId,
} from '../../../contract/schema-pieces.ts';

const optional = <Value>(type: string | readonly string[], description: string) =>
  Type.Optional(Type.Unsafe<Value | null>({ type: [type, 'null'].flat(), description }));

const fields = {
  role: Type.Optional(
    Type.Unsafe<'user' | 'lead' | null>({
      type: ['string', 'null'],
      enum: ['user', 'lead', null],
      description: '`user` if left out. A lead may become a user; a user stays one.',
    }),
  ),
  external_id: optionalExternalId(
    'Your id of the contact. Null and an empty text count as left out.',
  ),
  email: optionalText(limits.emailCharactersMax, {
    format: emailFormat,
    description: 'Unique among users over this API, but not among leads.',
    examples: ['jane.doe@example.com'],
  }),
  phone: optionalText(limits.nameCharactersMax, { examples: ['+353871234567'] }),
  name: optionalText(limits.nameCharactersMax, { examples: ['Jane Doe'] }),
  avatar: optional<string | { readonly image_url?: unknown }>(
    ['string', 'object'],
    'The URL of a picture, or `{image_url}` as in responses.',
  ),
  signed_up_at: optional<number>('integer', 'Unix seconds.'),
  last_seen_at: optional<number>('integer', 'Unix seconds.'),
  owner_id: optionalId('The teammate who looks after the contact.'),
  unsubscribed_from_emails: optional<boolean>('boolean', 'Whether the contact wants no e-mail.'),
  language_override: optionalText(limits.nameCharactersMax, { examples: ['en'] }),
  custom_attributes: optional<{ readonly [name: string]: unknown }>(
    'object',
    'Texts, numbers and booleans by name; null clears one. An unknown name becomes a data attribute.',
  ),
};

export const createContactBody = Type.Object(fields, {
  title: 'Create a contact',
  description:
    'At least one of `email`, `external_id` and `role`; a user needs one of the first two.',
});

export const updateContactBody = Type.Object(fields, {
  title: 'Update a contact',
  description:
    'A field that is left out stays; null clears a field, except `role` and `external_id`.',
});
export type ContactBody = Static<typeof createContactBody>;

export const mergeContactsBody = Type.Object(
  {
    from: requiredId('Our id of the lead.'),
    into: requiredId('Our id of the user.'),
  },
  { title: 'Merge a lead into a user' },
);
export type MergeContactsBody = Static<typeof mergeContactsBody>;

/** Builds the schema of a short response about a contact. */
const reference = (title: string, name: string, description: string) =>
  Type.Object(
    {
      type: Type.Literal('contact'),
      id: Type.String(),
      external_id: nullable('string'),
      [name]: Type.Boolean({ description }),
    },
    { title },
  );

export const archivedContact = reference('Archived contact', 'archived', 'Whether it is archived.');
export const blockedContact = reference('Blocked contact', 'blocked', 'Always true.');
export const deletedContact = reference('Deleted contact', 'deleted', 'Always true.');
