// The bodies and responses of actions on deliveries: resends, discards, and events that are sent now.

import { Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import { nullable, optionalId, optionalText } from '../../../contract/schema-pieces.ts';
import { eventStates } from '../../../store/outbox/due-now.ts';

/** The most events that a request may name; sending now looks at the backlog for each. */
const EVENTS_MAX = 1_000;
const SENT_NOW_MAX = 100;
const CURSOR_CHARACTERS_MAX = 500;

const eventIdsUpTo = (countMax: number) =>
  Type.Optional(
    Type.Unsafe<readonly string[] | null>({
      type: ['array', 'null'],
      minItems: 1,
      maxItems: countMax,
      items: { type: 'string', maxLength: 100 },
      description: `The events, ${countMax} at most.`,
    }),
  );

const eventIds = eventIdsUpTo(EVENTS_MAX);

const flag = (description: string) =>
  Type.Optional(Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description }));

const dryRun = flag('Only count them.');
const channelId = optionalId('Only events of this channel.');
const startingAfter = optionalText(CURSOR_CHARACTERS_MAX, {
  description: 'Where to continue: `next` of the response before.',
});

export const resendBody = Type.Object(
  {
    event_ids: eventIds,
    since: optionalText(40, {
      description: 'Without `event_ids`: all events of the channel from this time on, in ISO 8601.',
    }),
    channel_id: optionalId('With `since`: the channel.'),
    starting_after: startingAfter,
    dry_run: dryRun,
  },
  { title: 'Resend request' },
);

const choice = {
  event_ids: eventIds,
  all: flag('Instead of `event_ids`: all of them, or those that the other fields choose.'),
  channel_id: channelId,
  reason: optionalText(limits.bodyCharactersMax, {
    description: 'Only those with this reason.',
  }),
};

export const deadLetterResendBody = Type.Object(
  { ...choice, starting_after: startingAfter, dry_run: dryRun },
  { title: 'Dead letter resend request' },
);

export const discardBody = Type.Object(
  {
    ...choice,
    older_than_seconds: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: 10_000_000_000,
        description: 'Only those that were given up longer ago.',
      }),
    ),
    dry_run: dryRun,
  },
  { title: 'Discard request' },
);

export const resendSchema = Type.Object(
  {
    type: Type.Literal('resend'),
    dry_run: Type.Boolean(),
    requested: Type.Integer({ description: 'Number of events that are sent again.' }),
    upcoming: Type.Integer({
      description: 'Number of events that were to be sent anyway: their turn is still to come.',
    }),
    without_callback: Type.Integer({
      description: 'Number of events that are not sent: their channel has no callback.',
    }),
    next: nullable('string', {
      description:
        'A request takes 1,000 events at most. Not null: repeat it with this as `starting_after`.',
    }),
  },
  { title: 'Resend' },
);

export const discardSchema = Type.Object(
  {
    type: Type.Literal('discard'),
    dry_run: Type.Boolean(),
    discarded: Type.Integer(),
    has_more: Type.Boolean({
      description: 'A request takes 5,000 dead letters at most. True: repeat it.',
    }),
  },
  { title: 'Discard' },
);

export const deadLetterGroups = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(
      Type.Object({
        type: Type.Literal('dead_letter_group'),
        channel: Type.Object({
          type: Type.Literal('channel'),
          id: Type.String(),
          name: Type.String(),
        }),
        reason: Type.String(),
        events: Type.Integer(),
        conversations: Type.Integer(),
        oldest_at: Type.String({ description: 'When the first was given up. ISO 8601.' }),
        newest_at: Type.String({ description: 'When the last was given up. ISO 8601.' }),
      }),
    ),
  },
  { title: 'Dead letter groups' },
);

export const sendNowBody = Type.Object(
  {
    event_ids: eventIdsUpTo(SENT_NOW_MAX),
    conversation_id: optionalId('All waiting events of this conversation.'),
    channel_id: optionalId('All waiting events of this channel.'),
  },
  { title: 'Management send now request' },
);

export const sentNowSchema = Type.Object(
  {
    type: Type.Literal('send_now'),
    conversations: Type.Integer({ description: 'Number of conversations made due.' }),
    events: Type.Integer({ description: 'Number of their waiting events.' }),
    under_way: Type.Integer({
      description: 'Number of conversations that were already due or in flight.',
    }),
    event_states: Type.Array(
      Type.Object({
        event_id: Type.String(),
        state: Type.Unsafe<string>({ type: 'string', enum: eventStates }),
      }),
      { description: 'The state of each named event.' },
    ),
    callbacks: Type.Array(
      Type.Object({
        channel: Type.Object({
          type: Type.Literal('channel'),
          id: Type.String(),
          name: nullable('string'),
        }),
        state: Type.Unsafe<string>({
          type: 'string',
          enum: ['none', 'healthy', 'failing', 'disabled', 'locked'],
          description: 'Nothing is sent while it is `disabled`, `locked` or `none`.',
        }),
        reason: nullable('string', { description: 'Why it fails or is disabled.' }),
      }),
    ),
  },
  { title: 'Management sent now' },
);
