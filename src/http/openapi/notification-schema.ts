// The other format of outbound events: a notification as Intercom's webhooks send it, for receivers that exist already.

import { Type } from 'typebox';
import { nullable } from '../../contract/schema-pieces.ts';
import { contactSchema } from '../api/contacts/schema.ts';
import { conversationSchema } from '../api/conversations/schema.ts';

const unixSeconds = (description: string) =>
  Type.Integer({ description: `${description} Unix seconds.` });

export const notificationEvent = Type.Object(
  {
    type: Type.Literal('notification_event'),
    id: Type.String({ description: 'Unique, the same at every repetition.' }),
    topic: Type.String({ description: 'What happened, such as `conversation.admin.replied`.' }),
    app_id: Type.String({ description: 'The workspace.' }),
    created_at: unixSeconds('When it happened.'),
    delivery_attempts: Type.Integer({ description: 'How often it was sent, this time included.' }),
    first_sent_at: unixSeconds('When it was sent for the first time.'),
    delivery_status: nullable('string'),
    delivered_at: Type.Integer(),
    links: Type.Object({}),
    self: nullable('string'),
    data: Type.Object({
      type: Type.Literal('notification_event_data'),
      item: Type.Union([conversationSchema, contactSchema], {
        description:
          'The conversation, with only the part that caused it, or the contact, as they are read.',
      }),
    }),
  },
  {
    title: 'notification_event',
    description: 'What a channel with the format `intercom` gets instead of the events.',
  },
);
