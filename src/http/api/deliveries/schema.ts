// The shapes of deliveries on the wire: an outbound event with the state of its delivery, and what waits for a
// callback.
// core/presenters/delivery.ts makes the first.

import { Type } from 'typebox';
import { nullable } from '../../../contract/schema-pieces.ts';
import { callbackStates } from '../../../store/outbox/backlog.ts';
import { eventStates } from '../../../store/outbox/due-now.ts';

const isoTime = (description: string) => Type.String({ description: `${description} ISO 8601.` });
const maybeTime = (description: string) =>
  nullable('string', { description: `${description} ISO 8601.` });

const channel = Type.Object({
  type: Type.Literal('channel'),
  id: Type.String(),
  name: Type.String(),
});

const attempt = Type.Object({
  attempted_at: isoTime('When it was sent.'),
  outcome: Type.Unsafe<string>({
    type: 'string',
    enum: ['delivered', 'retry', 'parked', 'disabled'],
    description:
      '`retry`: it is sent again; `parked`: it became a dead letter; `disabled`: the app responded with 410.',
  }),
  status: nullable('integer', { description: 'The HTTP status; null: there was no response.' }),
  latency_ms: Type.Integer(),
  response: Type.String({ description: 'The beginning of the response, or why there was none.' }),
});

const maybe = (schema: object) => Type.Unsafe<object | null>({ anyOf: [schema, { type: 'null' }] });

const delivery = {
  type: Type.Literal('delivery'),
  event_id: Type.String(),
  event_name: Type.String(),
  conversation_id: Type.String(),
  external_conversation_id: nullable('string', {
    description: 'Your id of the conversation; null if it is deleted.',
  }),
  sequence: Type.Integer({ description: 'The place of the event in its conversation.' }),
  channel,
  created_at: isoTime('When the event happened.'),
  state: Type.Unsafe<string>({
    type: 'string',
    enum: eventStates,
    description:
      '`waiting`: not sent yet, or to be retried; `resending`: it is to be sent again; `given_up`: it is a ' +
      'dead letter; `discarded`: it was a dead letter; `kept`: the channel had no callback.',
  }),
  in_flight: Type.Boolean({ description: 'Whether a server is sending its conversation now.' }),
  next_attempt_at: maybeTime(
    'When its conversation is sent next; null: nothing is scheduled, or it is in flight.',
  ),
  behind: nullable('string', {
    description: 'The `event_id` of the event that has to be delivered first.',
  }),
  attempts: Type.Integer({ description: 'How often it was sent so far.' }),
  last_attempt: maybe(attempt),
  dead_letter: maybe(
    Type.Object({
      reason: Type.String(),
      since: isoTime('When it was given up.'),
      discarded_at: maybeTime('When an operator discarded it.'),
      resend_requested: Type.Boolean(),
    }),
  ),
};

export const deliveryList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(Type.Object(delivery, { title: 'Delivery' })),
    next: nullable('string', {
      description:
        'The `starting_after` of the next page; null on the last one. A page may have fewer entries than asked for, ' +
        'even none, and still have a next one.',
    }),
  },
  { title: 'Delivery list' },
);

export const deliveryDetails = Type.Object(
  {
    ...delivery,
    history: Type.Array(attempt, { description: 'The attempts, the oldest first.' }),
    event: Type.Unsafe<object>({ type: 'object', description: 'The event, as it is sent.' }),
  },
  { title: 'Delivery with its attempts' },
);

export const backlogList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(
      Type.Object({
        type: Type.Literal('backlog'),
        channel,
        callback_state: Type.Unsafe<string>({
          type: 'string',
          enum: callbackStates,
          description:
            'While it is `disabled` (it responded with 410) or `locked` (its secrets cannot be opened), nothing is sent.',
        }),
        since: maybeTime('Since when the callback has been failing or disabled.'),
        reason: nullable('string', { description: 'Why it fails or is disabled.' }),
        waiting: Type.Object({
          conversations: Type.Integer({ description: 'Counted up to 100,000.' }),
          events: Type.Integer(),
          since: maybeTime('When the oldest of them happened.'),
          next_attempt_at: maybeTime(
            'When the next conversation is sent; null: all are in flight.',
          ),
          last_attempt_at: maybeTime('When the last conversation is sent.'),
        }),
        dead_letters: Type.Integer({ description: 'Counted up to 100,000.' }),
      }),
    ),
  },
  { title: 'Backlog list' },
);
