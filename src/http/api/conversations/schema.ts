// The shape of a conversation on the wire (contract D.2). core/presenters/conversation.ts makes it.

import { Type } from 'typebox';
import {
  attachmentSchema,
  customAttributes,
  nullable,
  nullableTimestamp,
  timestamp,
} from '../../../contract/schema-pieces.ts';
import { pagesSchema } from '../../server/search-schema.ts';

const author = Type.Object({
  type: Type.String({ description: 'user, lead, admin, team or bot.' }),
  id: Type.String(),
  name: nullable('string'),
  email: nullable('string'),
});

const part = Type.Object({
  type: Type.Literal('conversation_part'),
  id: Type.String(),
  part_type: Type.String({
    description: 'For example `comment`, or `open` if it reopened the conversation.',
  }),
  body: nullable('string', { description: 'HTML, or plain text with `display_as=plaintext`.' }),
  created_at: timestamp(),
  author,
  external_id: nullable('string', { description: 'The `event_id` of the event that added it.' }),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  event_details: nullable('object'),
  state: Type.String(),
  redacted: Type.Boolean(),
  attachments: Type.Array(attachmentSchema),
});

const itemFields = {
  type: Type.Literal('conversation'),
  id: Type.String({ description: 'A decimal number.' }),
  title: nullable('string'),
  created_at: timestamp(),
  updated_at: timestamp(),
  waiting_since: nullableTimestamp({
    description: 'Since when the contact waits for a reply.',
  }),
  snoozed_until: nullableTimestamp(),
  open: Type.Boolean(),
  state: Type.Unsafe<string>({ type: 'string', enum: ['open', 'closed', 'snoozed'] }),
  read: Type.Boolean(),
  priority: Type.Unsafe<string>({ type: 'string', enum: ['priority', 'not_priority'] }),
  admin_assignee_id: nullable('integer'),
  team_assignee_id: nullable('integer'),
  source: Type.Object({
    type: Type.String(),
    id: Type.String(),
    delivered_as: Type.String(),
    author,
  }),
  contacts: Type.Object({
    type: Type.Literal('contact.list'),
    contacts: Type.Array(
      Type.Object({
        type: Type.Literal('contact'),
        id: Type.String(),
        external_id: nullable('string'),
      }),
    ),
  }),
  custom_attributes: customAttributes,
  external_references: Type.Array(
    Type.Object({
      type: Type.String(),
      id: Type.String({ description: 'Your id of the conversation.' }),
    }),
  ),
};

const keptFields =
  'The fields that Parley stores. The other published fields are present, null or empty.';

export const conversationSchema = Type.Object(
  {
    ...itemFields,
    conversation_parts: Type.Object({
      type: Type.Literal('conversation_part.list'),
      conversation_parts: Type.Array(part, { description: 'The newest 500, oldest first.' }),
      total_count: Type.Integer(),
    }),
  },
  { title: 'Conversation', description: keptFields },
);

export const conversationList = Type.Object(
  {
    type: Type.Literal('conversation.list'),
    conversations: Type.Array(
      Type.Object(itemFields, { title: 'Conversation in a list', description: keptFields }),
    ),
    total_count: Type.Integer(),
    pages: pagesSchema,
  },
  { title: 'Conversation list' },
);
