// Deliveries: what became of each outbound event, and what waits for the callback of each channel.

import { limits } from '../../../base/limits.ts';
import { listBacklogs } from '../../../management/backlogs.ts';
import { deliveriesPerPage, listDeliveries, showDelivery } from '../../../management/deliveries.ts';
import { eventStates } from '../../../store/outbox/due-now.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute, RouteParameter } from '../../server/route.ts';
import { exampleAttempt, exampleBacklog, exampleDelivery, exampleEventId } from './examples.ts';
import { backlogList, deliveryDetails, deliveryList } from './schema.ts';

const parameter = (name: string, description: string, example: string): RouteParameter => ({
  name,
  in: 'query',
  description,
  example,
});

export const deliveryRoutes: readonly ApiRoute[] = [
  operationRoute(listDeliveries, {
    role: 'viewer',
    operationId: 'listDeliveries',
    summary: 'List outbound events with the state of their delivery',
    description:
      'Newest first; `waiting` in the order of their next attempt, `given_up` by the time they were given up. All ' +
      'filters apply together.',
    parameters: [
      {
        ...parameter('state', 'Only events in this state.', 'waiting'),
        schema: { type: 'string', enum: eventStates },
      },
      parameter('channel_id', 'Only events of this channel.', '1'),
      parameter('conversation_id', 'Only events of this conversation.', '256257'),
      parameter('event_name', 'Only events with this name.', 'new_message'),
      parameter('since', 'Only events from this time on, in ISO 8601.', '2026-12-01T00:00:00Z'),
      parameter('until', 'Only events before this time, in ISO 8601.', '2026-12-02T00:00:00Z'),
      {
        ...parameter('per_page', `How many on one page: ${deliveriesPerPage} unless given.`, '20'),
        schema: { type: 'integer', minimum: 1, maximum: limits.perPageMax },
      },
      parameter('starting_after', 'The cursor of the page, from `next`.', ''),
    ],
    response: deliveryList,
    responseExample: { type: 'list', data: [exampleDelivery], next: null },
    errors: ['parameterInvalid', 'pageCursorInvalid', 'resourceNotFound'],
  }),
  operationRoute(listBacklogs, {
    role: 'viewer',
    operationId: 'listBacklogs',
    summary: 'List what waits for the callback of each channel',
    description: 'The channels that have a callback.',
    response: backlogList,
    responseExample: { type: 'list', data: [exampleBacklog] },
    errors: [],
  }),
  operationRoute(showDelivery, {
    role: 'viewer',
    operationId: 'retrieveDelivery',
    summary: 'Get an outbound event with all attempts to deliver it',
    parameters: [
      { name: 'event_id', in: 'path', description: 'The event.', example: exampleEventId },
    ],
    response: deliveryDetails,
    responseExample: {
      ...exampleDelivery,
      history: [exampleAttempt],
      event: { event_id: exampleEventId, event_name: 'new_message' },
    },
    errors: ['eventNotFound'],
  }),
];
