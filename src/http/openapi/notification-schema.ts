// The other format of outbound events: notifications like those of Intercom's webhooks, for existing receivers.

import { Type } from 'typebox';
import { nullable } from '../../contract/schema-pieces.ts';
import { contactSchema } from '../api/contacts/schema.ts';
import { conversationSchema } from '../api/conversations/schema.ts';

const unixSeconds = (description: string) =>
  Type.Integer({ description: `${description} Unix seconds.` });

export const notificationEvent = Type.Object(
  {
    type: Type.Literal('notification_event'),
    id: Type.String({ description: 'Unique, and the same at every retry.' }),
    topic: Type.String({ description: 'The topic, such as `conversation.admin.replied`.' }),
    app_id: Type.String({ description: 'The workspace.' }),
    created_at: unixSeconds('Time of the event.'),
    delivery_attempts: Type.Integer({ description: 'Number of attempts, including this one.' }),
    first_sent_at: unixSeconds('Time of the first attempt.'),
    delivery_status: nullable('string'),
    delivered_at: Type.Integer(),
    links: Type.Object({}),
    self: nullable('string'),
    data: Type.Object({
      type: Type.Literal('notification_event_data'),
      item: Type.Union([conversationSchema, contactSchema], {
        description:
          'The conversation with only the part that caused the notification, or the contact.',
      }),
    }),
  },
  {
    title: 'notification_event',
    description: 'Sent instead of the events to a channel with the format `intercom`.',
  },
);
