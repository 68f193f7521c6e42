// Request schemas of the changes of a conversation in which no person speaks (contract D.2).

import { type Static, type TSchema, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  emailFormat,
  optionalId,
  optionalText,
  requiredId,
} from '../../../contract/schema-pieces.ts';

export const updateBody = Type.Object(
  {
    read: Type.Optional(
      Type.Unsafe<boolean | null>({
        type: ['boolean', 'null'],
        description: 'Whether the conversation counts as read.',
      }),
    ),
    title: optionalText(limits.nameCharactersMax, {
      description: 'Null and an empty text remove the title.',
    }),
    custom_attributes: Type.Optional(
      Type.Unsafe<{ readonly [name: string]: unknown } | null>({
        type: ['object', 'null'],
        maxProperties: limits.customAttributesMax,
        description:
          'By name: texts, numbers, booleans; null clears one. The others stay. Each that changes adds a part.',
      }),
    ),
    company_id: optionalId('Conversations have no company yet: only null is accepted.'),
  },
  { title: 'Update a conversation', description: 'What is left out stays.' },
);
export type UpdateBody = Static<typeof updateBody>;

const adminId = optionalId('The teammate who acts; the one of the token if it is left out.');

const customer = {
  intercom_user_id: optionalId('The contact, by Parley’s id.'),
  user_id: optionalId('The contact, by your id (`external_id`).'),
  email: optionalText(limits.emailCharactersMax, {
    format: emailFormat,
    description:
      'The contact, by e-mail: a user rather than a lead, the newest of several. If there is none, a lead is created.',
  }),
};

export const attachBody = Type.Object(
  {
    admin_id: adminId,
    customer: Type.Object(customer, {
      description: 'The contact: the first field that is given counts.',
    }),
  },
  { title: 'Attach a contact' },
);
export type AttachBody = Static<typeof attachBody>;

export const detachBody = Type.Object({ admin_id: adminId }, { title: 'Detach a contact' });
export type DetachBody = Static<typeof detachBody>;

export const redactBody = Type.Object(
  {
    type: Type.Unsafe<'conversation_part' | 'source'>({
      type: 'string',
      enum: ['conversation_part', 'source'],
    }),
    conversation_id: requiredId('Parley’s id of the conversation.'),
    conversation_part_id: optionalId('The part, for `conversation_part`.'),
    source_id: optionalId('The id of the source, for `source`.'),
  },
  { title: 'Redact a message' },
);
export type RedactBody = Static<typeof redactBody>;

export const deletedConversation = Type.Object(
  { id: Type.String(), object: Type.Literal('conversation'), deleted: Type.Literal(true) },
  { title: 'Deleted conversation' },
);

/** The response about the contacts of a conversation: the conversation, and `customers` as the published example has it. */
export const withCustomers = (conversation: TSchema) =>
  Type.Intersect(
    [
      conversation,
      Type.Object({
        customers: Type.Array(Type.Object({ type: Type.String(), id: Type.String() })),
      }),
    ],
    { title: 'Conversation with customers' },
  );
