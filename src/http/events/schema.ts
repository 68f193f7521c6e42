// The page of outbound events that polling answers with. What an event is, outbound-events.ts says.

import { Type } from 'typebox';
import { loggedEvents } from '../../contract/outbound-events.ts';
import { notificationEvent } from '../openapi/notification-schema.ts';

export const eventList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(Type.Union([...Object.values(loggedEvents), notificationEvent]), {
      description: 'Events in order, each as the callback would carry it.',
    }),
    has_more: Type.Boolean({ description: 'Whether more can be read at once.' }),
    next: Type.String({ description: 'What to send as `after` the next time.' }),
  },
  { title: 'Event list' },
);
