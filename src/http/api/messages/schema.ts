// Request and response schemas of conversations that begin over the REST API, and of messages (contract D.2, G 15).

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  attachmentUrls,
  emailFormat,
  optionalId,
  optionalText,
  requiredText,
  timestamp,
} from '../../../contract/schema-pieces.ts';

/** The last second of the year 9999: later times are in milliseconds by mistake. */
const SECONDS_MAX = 253_402_300_799;

const person = (types: readonly string[]) =>
  Type.Object({
    type: Type.Unsafe<string>({ type: 'string', enum: types }),
    id: optionalId('Parley’s id. A contact may also be named by `user_id` or `email`.'),
    user_id: optionalId('Your id of the contact (`external_id`).'),
    email: optionalText(limits.emailCharactersMax, {
      format: emailFormat,
      description: 'A user rather than a lead, the newest of several.',
    }),
  });

export type Person = Static<ReturnType<typeof person>>;

const createdAt = Type.Optional(
  Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    minimum: 0,
    maximum: SECONDS_MAX,
    description:
      'When it was written, in unix seconds; now by default, and for a time in the future.',
  }),
);

const subject = optionalText(limits.nameCharactersMax, {
  description: 'Becomes the title of the conversation.',
});

const channel = optionalText(limits.nameCharactersMax, {
  description:
    'For a token of a teammate, which acts for no channel: the name of the channel. By default the one of the ' +
    'contact’s last conversation, else the only one.',
});

export const createConversationBody = Type.Object(
  {
    from: person(['user', 'lead', 'contact']),
    body: requiredText(limits.bodyCharactersMax, { description: 'Plain text.' }),
    subject,
    created_at: createdAt,
    channel,
    attachment_urls: attachmentUrls('Addresses of files. Parley fetches them after its response.'),
  },
  { title: 'Create a conversation' },
);
export type CreateConversationBody = Static<typeof createConversationBody>;

const contacts = ['user', 'lead', 'contact'];

const recipients = (description: string) =>
  Type.Optional(
    Type.Unsafe<Person | readonly Person[] | null>({
      anyOf: [
        person(contacts),
        { type: 'array', maxItems: limits.conversationContactsMax, items: person(contacts) },
        { type: 'null' },
      ],
      description,
    }),
  );

export const createMessageBody = Type.Object(
  {
    message_type: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        enum: ['in_app', 'inapp', 'conversation', 'email', null],
        description: '`in_app` by default. Parley sends no e-mail: the app gets every message.',
      }),
    ),
    subject,
    body: optionalText(limits.bodyCharactersMax, { description: 'Required. Plain text.' }),
    template: optionalText(limits.nameCharactersMax, { description: 'Ignored.' }),
    from: person(['admin', ...contacts]),
    to: recipients('Required for a message of a teammate. Several share one conversation.'),
    cc: recipients('More contacts of the conversation.'),
    bcc: recipients('Not supported: contacts of a conversation see each other.'),
    created_at: createdAt,
    channel,
    create_conversation_without_contact_reply: Type.Optional(
      Type.Unknown({ description: 'Ignored: the conversation always begins with the message.' }),
    ),
  },
  { title: 'Create a message' },
);
export type CreateMessageBody = Static<typeof createMessageBody>;

export const messageSchema = Type.Object(
  {
    type: Type.String({ description: '`user_message` or `admin_message`.' }),
    id: Type.String({ description: 'Also the `source.id` of the conversation.' }),
    created_at: timestamp(),
    subject: Type.Optional(Type.String()),
    body: Type.String(),
    message_type: Type.Unsafe<string>({ type: 'string', enum: ['inapp', 'email'] }),
    conversation_id: Type.String(),
    owner: Type.Optional(
      Type.Object(
        { type: Type.Literal('admin'), id: Type.String() },
        { description: 'The teammate.' },
      ),
    ),
  },
  { title: 'Message' },
);
