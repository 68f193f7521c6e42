// The outbound events on the wire (contract F): the closed list, as schemas with their types. Names and fields are our
// own design, since the vendor published none. The log stores each event as JSON text of these schemas.

import { type Static, Type } from 'typebox';
import { attachmentSchema, nullable } from './schema-pieces.ts';

const literal = <Text extends string>(text: Text) => Type.Literal(text);

const oneOf = <Text extends string>(texts: readonly Text[], description: string) =>
  Type.Unsafe<Text>({ type: 'string', enum: texts, description });

const isoTime = (description: string) =>
  Type.String({ description: `${description} ISO 8601 with milliseconds, UTC.` });

const contact = Type.Object(
  {
    type: oneOf(['user', 'lead'], 'A signed-up user, or a lead.'),
    external_id: nullable('string', { description: 'Your id of the contact.' }),
    id: Type.String({ description: 'Parley’s id of the contact.' }),
  },
  { description: 'The contact of the conversation.' },
);

const envelope = {
  event_id: Type.String({
    description: 'A unique UUIDv7, the same at every retry: drop events whose id you have seen.',
  }),
  workspace_id: Type.String(),
  external_conversation_id: Type.String({ description: 'Your id of the conversation.' }),
  conversation_id: Type.String({ description: 'Parley’s id of the conversation.' }),
  contact,
  sequence: Type.Integer({
    minimum: 1,
    description: '1, 2, 3… in the conversation, without a gap.',
  }),
  created_at_ms: isoTime('Time of the event.'),
};

/** The dead letters just before this event; callbacks only. */
const gap = Type.Optional(
  Type.Object(
    { from: Type.Integer(), to: Type.Integer() },
    {
      description:
        'Callback only: the events of these sequences are dead letters, sent only if an operator resends them.',
    },
  ),
);

const author = Type.Object({
  type: oneOf(['admin', 'bot', 'team', 'user', 'lead'], 'The kind of author.'),
  id: Type.String(),
  name: nullable('string'),
  from_ai_agent: Type.Boolean(),
});

const message = Type.Object({
  id: Type.String({ description: 'The id of the conversation part.' }),
  author,
  body: nullable('string', { description: 'HTML; null when there are only buttons.' }),
  body_text: nullable('string', { description: 'The same as plain text.' }),
  attachments: Type.Array(attachmentSchema, {
    description:
      'Its files. One that Parley still fetches has the state `fetching` for ever: follow its `url`.',
  }),
  created_at_ms: isoTime('Time of the message.'),
});

const quickReplyOption = Type.Object({
  id: Type.String({ description: 'Send it back as quick_reply_option_id.' }),
  uuid: Type.String({ description: 'The same as id.' }),
  text: Type.String(),
});

const attribute = Type.Object({
  id: Type.String({ description: 'Send it back as attribute.id.' }),
  label: Type.String(),
  data_type: oneOf(
    ['string', 'integer', 'float', 'boolean', 'date', 'datetime', 'options'],
    'The data type of the value.',
  ),
  options: Type.Optional(Type.Array(Type.String())),
  required: Type.Boolean(),
});

const assignee = Type.Object({
  type: Type.Unsafe<'admin' | 'team' | null>({
    type: ['string', 'null'],
    enum: ['admin', 'team', null],
  }),
  id: nullable('string'),
  name: nullable('string'),
});

const event = <Name extends string, Fields extends Parameters<typeof Type.Object>[0]>(
  name: Name,
  description: string,
  fields: Fields,
) =>
  Type.Object(
    { event_name: literal(name), ...envelope, gap, ...fields },
    { title: `Event ${name}`, description },
  );

/** The events of the log, each with a sequence. */
export const loggedEvents = {
  new_message: event('new_message', 'A teammate or the bot sent a message.', { message }),
  quick_replies_presented: event(
    'quick_replies_presented',
    'Buttons were offered. Send a click back with notify_quick_reply_selected.',
    { message, quick_reply_options: Type.Array(quickReplyOption) },
  ),
  attribute_requested: event(
    'attribute_requested',
    'A value was requested. Send it back with notify_attribute_collected, or as a message.',
    { attribute },
  ),
  conversation_assigned: event(
    'conversation_assigned',
    'The conversation was assigned to a teammate or a team, or unassigned.',
    { assignee },
  ),
  message_redacted: event(
    'message_redacted',
    'The text of a message was removed: remove what you show of it.',
    {
      message: Type.Object({
        id: Type.String({ description: 'The id of the conversation part.' }),
      }),
    },
  ),
  conversation_deleted: event(
    'conversation_deleted',
    'The conversation was deleted, with all that was said in it: remove what you show of it. Your ' +
      '`external_conversation_id` is free for a new conversation.',
    {},
  ),
  status_updated: event('status_updated', 'The conversation was opened, closed or snoozed.', {
    status: oneOf(['open', 'closed', 'snoozed'], 'The new state.'),
    snoozed_until: Type.Optional(isoTime('End of the snooze.')),
  }),
  contact_merged: event(
    'contact_merged',
    'A lead was merged into a user, who takes its place in the conversation: `contact` is the user.',
    {
      merged_from: Type.Object({
        id: Type.String({ description: 'Our id of the lead.' }),
        external_id: nullable('string', {
          description: 'Your id of the lead, which now leads to the user.',
        }),
      }),
    },
  ),
} as const;

/** Ephemeral events: sent once, never repeated, not in the log. */
export const ephemeralEvents = {
  typing_started: Type.Object(
    {
      event_name: literal('typing_started'),
      ...envelope,
      sequence: Type.Null(),
      author,
      expires_in_ms: Type.Integer(),
    },
    {
      title: 'Event typing_started',
      description: 'The bot or a teammate is typing.',
    },
  ),
  typing_stopped: Type.Object(
    { event_name: literal('typing_stopped'), ...envelope, sequence: Type.Null(), author },
    { title: 'Event typing_stopped', description: 'Typing has stopped.' },
  ),
  ping: Type.Object(
    {
      event_name: literal('ping'),
      event_id: Type.String(),
      workspace_id: Type.String(),
      channel: Type.String({ description: 'The name of the channel.' }),
      sequence: Type.Null(),
      created_at_ms: isoTime('Time of sending.'),
    },
    { title: 'Event ping', description: 'A test event of `parley channel ping`.' },
  ),
} as const;

export type LoggedEventName = keyof typeof loggedEvents;
export type EphemeralEventName = keyof typeof ephemeralEvents;

export type LoggedEvent = {
  [Name in LoggedEventName]: Static<(typeof loggedEvents)[Name]>;
}[LoggedEventName];

export type EphemeralEvent = {
  [Name in EphemeralEventName]: Static<(typeof ephemeralEvents)[Name]>;
}[EphemeralEventName];

/** Any event that a receiver of the `parley` format may get. */
export type OutboundEvent = LoggedEvent | EphemeralEvent;

export type EventAuthor = Static<typeof author>;
export type EventMessage = Static<typeof message>;
