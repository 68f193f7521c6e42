// The shapes of channels and their callbacks on the wire. src/management/ makes them.

import { Type } from 'typebox';
import { nullable } from '../../../contract/schema-pieces.ts';

const text = (description: string) => Type.String({ description });
const time = (description: string) =>
  nullable('string', { description: `${description} ISO 8601.` });

const waiting = Type.Object({
  conversations: Type.Integer({ description: 'Conversations with something to send.' }),
  events: Type.Integer({ description: 'Their waiting events.' }),
  since: time('When the oldest of them was logged.'),
  next_try_at: time('When the next conversation is due; null: all are in flight.'),
  last_try_at: time('When the last conversation is due.'),
});

const callback = Type.Object(
  {
    url: nullable('string', { description: 'The URL that is called.' }),
    format: Type.Unsafe<string>({ type: 'string', enum: ['parley', 'intercom'] }),
    timeout: text('How long the app may take: `15s`.'),
    retries: Type.Unsafe<readonly string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string' },
      description: 'The delays between retries; null: the usual ones.',
    }),
    allow_cidrs: Type.Array(Type.String(), {
      description: 'Private networks that may be called.',
    }),
    token_header: nullable('string', { description: 'The header of its token; null: none.' }),
    state: Type.Unsafe<string>({
      type: 'string',
      enum: ['healthy', 'failing', 'disabled', 'locked'],
      description: '`locked`: the sealed secrets cannot be opened, so nothing is sent.',
    }),
    disabled_at: time('Since when it is disabled.'),
    disabled_reason: nullable('string'),
    failing_since: time('Since when three attempts in a row have failed.'),
    failing_reason: nullable('string'),
    locked: Type.Array(Type.String(), { description: 'What cannot be opened.' }),
    waiting,
    dead_letters: Type.Integer(),
    previous_secret_until: time('Until when the earlier secret is valid, too.'),
    as_of: text('The time of these facts. ISO 8601.'),
  },
  { title: 'Callback' },
);

const channelFacts = {
  type: Type.Literal('channel'),
  id: Type.String(),
  workspace: text('The name of the workspace.'),
  name: Type.String(),
  enabled: Type.Boolean({ description: 'Whether its events are accepted.' }),
  auto_create_conversation: Type.Boolean(),
  require_user_identity: Type.Boolean(),
  unknown_attribute: Type.Unsafe<string>({ type: 'string', enum: ['record', 'reject'] }),
  strict_version: Type.Boolean(),
  buttons: Type.Boolean(),
  time_zone: nullable('string', { description: 'An IANA name; null: UTC.' }),
  allowed_origins: Type.Array(Type.String()),
  callback: Type.Unsafe<object | null>({ anyOf: [callback, { type: 'null' }] }),
  created_at: text('ISO 8601.'),
};

export const channelSchema = Type.Object(channelFacts, { title: 'Channel' });

export const channelWithSecret = Type.Object(
  {
    ...channelFacts,
    secret: nullable('string', {
      description:
        'The signing secret, if the channel had none. Shown only here: null in the response to a repeat.',
    }),
  },
  { title: 'ChannelWithSecret' },
);

export const channelList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(channelSchema) },
  { title: 'ChannelList' },
);

const flag = (description: string) =>
  Type.Optional(Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description }));
const optionalText = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], description }));
const optionalTexts = (description: string) =>
  Type.Optional(
    Type.Unsafe<readonly string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string' },
      description,
    }),
  );

const switches = {
  enabled: flag('Accept its events. True for a new channel.'),
  auto_create_conversation: flag(
    'Create a conversation when an event names an unknown one, instead of 404. False for a new channel.',
  ),
  require_user_identity: flag(
    'Reject a new user without a name or an email. True for a new channel.',
  ),
  unknown_attribute: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      enum: ['record', 'reject', null],
      description: 'What to do with an attribute that no workflow asked for and no file defines.',
    }),
  ),
  strict_version: flag('Reject API versions before 2.14. False for a new channel.'),
  buttons: flag('False: the app shows no buttons, so questions number their choices.'),
  time_zone: optionalText('The time zone of texts and waits, such as Europe/Berlin; null: UTC.'),
  allowed_origins: optionalTexts('Web pages of these origins may read its events in a browser.'),
};

export const channelBody = Type.Object({
  name: text('Unique in the workspace: 1 to 100 characters.'),
  ...switches,
});

export const switchesBody = Type.Object(switches);

export const callbackBody = Type.Object({
  url: text('The URL that is called with each event.'),
  format: Type.Optional(
    Type.Unsafe<string | null>({ type: ['string', 'null'], enum: ['parley', 'intercom', null] }),
  ),
  timeout: optionalText('How long the app may take, from `1s` to `60s`; `15s` if omitted.'),
  retries: optionalTexts('The delays between retries, such as `["10s", "1m"]`.'),
  allow_cidrs: optionalTexts(
    'Private networks that may be called. Adding one needs the role `owner`.',
  ),
  token: Type.Optional(
    Type.Unsafe<object | null>({
      type: ['object', 'null'],
      properties: { header: { type: 'string' }, value: { type: 'string' } },
      required: ['header', 'value'],
      description: 'A header that each request has. Null: none; if omitted, it stays as it is.',
    }),
  ),
});

export const rotationBody = Type.Object({
  overlap: optionalText(
    'How long the current secret stays valid, too: `0s` to `90d`; 24h if omitted.',
  ),
});

export const rotationSchema = Type.Object(
  {
    type: Type.Literal('signing_secret'),
    workspace: Type.String(),
    channel: Type.String(),
    secret: nullable('string', {
      description: 'The new secret. Shown only here: null in the response to a repeat.',
    }),
    previous_secret_until: time('Until when the earlier secret is valid, too.'),
  },
  { title: 'SigningSecret' },
);

export const pingSchema = Type.Object(
  {
    type: Type.Literal('ping'),
    url: Type.String(),
    disabled_reason: nullable('string', {
      description: 'Why no events are sent there; null: they are.',
    }),
    latency_ms: Type.Integer(),
    status: nullable('integer', { description: 'The status of the response; null: none came.' }),
    reason: nullable('string', { description: 'Why no response came.' }),
    answer: text('The body of the response, or what went wrong.'),
  },
  { title: 'Ping' },
);
