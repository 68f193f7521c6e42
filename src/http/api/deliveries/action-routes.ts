// What an operator does with deliveries: sending again or now, and discarding dead letters.

import {
  deadLetterGroupsMax,
  discardLetters,
  groupDeadLetters,
} from '../../../management/dead-letters.ts';
import { resendDeliveries, resendLetters } from '../../../management/resends.ts';
import { sendDeliveriesNow } from '../../../management/send-now.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import {
  deadLetterGroups,
  deadLetterResendBody,
  discardBody,
  discardSchema,
  resendBody,
  resendSchema,
  sendNowBody,
  sentNowSchema,
} from './action-schema.ts';
import { exampleEventId, exampleGroup, exampleResend } from './examples.ts';

export const deliveryActionRoutes: readonly ApiRoute[] = [
  operationRoute(resendDeliveries, {
    operationId: 'resendDeliveries',
    summary: 'Send events to the callback again',
    description:
      'They are sent before newer events of their conversation, in order and with their ids, so receivers can drop ' +
      'repeats. An event that fails a few times becomes a dead letter.',
    body: resendBody,
    bodyExample: { event_ids: [exampleEventId] },
    response: resendSchema,
    responseExample: exampleResend,
    errors: ['eventNotFound', 'resourceNotFound', 'pageCursorInvalid'],
  }),
  operationRoute(sendDeliveriesNow, {
    operationId: 'sendDeliveriesNow',
    summary: 'Send waiting events now: events, a conversation, or a channel',
    description:
      'After an outage events wait up to a day for their next attempt. This makes them due at once. Each ' +
      'conversation keeps its order, and the retry schedule starts over.',
    body: sendNowBody,
    bodyExample: { channel_id: '1' },
    response: sentNowSchema,
    responseExample: {
      type: 'send_now',
      conversations: 1,
      events: 3,
      under_way: 0,
      event_states: [],
      callbacks: [
        {
          channel: { type: 'channel', id: '1', name: 'default' },
          state: 'failing',
          reason: 'status 503',
        },
      ],
    },
    errors: ['eventNotFound', 'resourceNotFound'],
  }),
  operationRoute(groupDeadLetters, {
    role: 'viewer',
    operationId: 'listDeadLetterGroups',
    summary: 'Count the dead letters by channel and reason',
    description:
      `The most frequent first, ${deadLetterGroupsMax} at most. ` +
      '`GET /parley/v1/deliveries?state=given_up` lists the dead letters.',
    parameters: [
      { name: 'channel_id', in: 'query', description: 'Only of this channel.', example: '1' },
    ],
    response: deadLetterGroups,
    responseExample: { type: 'list', data: [exampleGroup] },
    errors: ['parameterInvalid'],
  }),
  operationRoute(resendLetters, {
    operationId: 'resendDeadLetters',
    summary: 'Send dead letters to the callback again',
    description: 'Delivered events leave the dead letters; events that fail again stay.',
    body: deadLetterResendBody,
    bodyExample: { all: true, channel_id: '1', dry_run: true },
    response: resendSchema,
    responseExample: { ...exampleResend, dry_run: true, requested: 12 },
    errors: ['eventNotFound', 'deadLetterNotFound', 'pageCursorInvalid'],
  }),
  operationRoute(discardLetters, {
    operationId: 'discardDeadLetters',
    summary: 'Discard dead letters, so that they are not sent again',
    description:
      'They stay in the log, for streams, polling and resends. Their conversations have continued without them.',
    body: discardBody,
    bodyExample: { all: true, reason: 'status 422', dry_run: true },
    response: discardSchema,
    responseExample: { type: 'discard', dry_run: true, discarded: 12, has_more: false },
    errors: ['eventNotFound', 'deadLetterNotFound'],
  }),
];
