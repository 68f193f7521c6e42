// The page of outbound events that polling returns. contract/outbound-events.ts defines the events.

import { Type } from 'typebox';
import { loggedEvents } from '../../contract/outbound-events.ts';
import { notificationEvent } from '../openapi/notification-schema.ts';

export const eventList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(Type.Union([...Object.values(loggedEvents), notificationEvent]), {
      description: 'Events in order, each as in the callback.',
    }),
    has_more: Type.Boolean({ description: 'Whether more events are available now.' }),
    next: Type.String({ description: 'Send this as `after` of the next call.' }),
  },
  { title: 'Event list' },
);
