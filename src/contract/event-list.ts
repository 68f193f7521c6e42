// The page of outbound events that polling answers with. What an event is, outbound-events.ts says.

import { Type } from 'typebox';
import { loggedEvents } from './outbound-events.ts';

const notification = Type.Object(
  { type: Type.Literal('notification_event'), id: Type.String(), topic: Type.String() },
  {
    title: 'notification_event',
    description: 'What a channel with the format `intercom` gets instead of the events.',
  },
);

export const eventList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(Type.Union([...Object.values(loggedEvents), notification]), {
      description: 'Events in order, each as the callback would carry it.',
    }),
    has_more: Type.Boolean({ description: 'Whether more can be read at once.' }),
    next: Type.String({ description: 'What to send as `after` the next time.' }),
  },
  { title: 'Event list' },
);
