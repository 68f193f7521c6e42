// The four notify endpoints on the wire: request and response schemas (contract A.1) with their types, and the
// conversion of a valid body into the core's type. Decides nothing about what an event does.

import { type Static, Type } from 'typebox';
import { limits } from '../base/limits.ts';
import {
  attachmentUrls,
  emailFormat,
  externalId,
  optionalText,
  requiredText,
} from './schema-pieces.ts';
import { cleanText } from './text.ts';

const contact = Type.Object(
  {
    type: Type.Unsafe<'user' | 'lead'>({
      type: 'string',
      enum: ['user', 'lead'],
      description: 'A signed-up user, or a lead who has not signed up.',
    }),
    external_id: externalId({
      description: 'Your id of the contact.',
      examples: ['user_001'],
    }),
    name: optionalText(limits.nameCharactersMax, {
      description: 'Required for a user that Parley does not know yet.',
      examples: ['Jane Doe'],
    }),
    email: optionalText(limits.emailCharactersMax, {
      format: emailFormat,
      description: 'Required for a user that Parley does not know yet.',
      examples: ['jane.doe@example.com'],
    }),
  },
  {
    title: 'Event contact',
    description: 'The contact who did it. Parley creates or updates the contact.',
  },
);

const baseEvent = {
  event_id: externalId({
    description:
      'Your unique id of this event and its idempotency key: a repeat with the same content gets the first ' +
      'response and does nothing twice.',
    examples: ['evt_12345'],
  }),
  external_conversation_id: externalId({
    description: 'Your id of the conversation.',
    examples: ['conv_67890'],
  }),
  contact,
};

export const newConversationBody = Type.Object(baseEvent, { title: 'New conversation' });

export const newMessageBody = Type.Object(
  {
    ...baseEvent,
    body: requiredText(limits.bodyCharactersMax, {
      description: 'The text of the message. Plain text: HTML in it is shown as text.',
      examples: ['Hello, I need help with my order.'],
    }),
    attachment_urls: attachmentUrls(
      'Files of the message, as `https:` addresses from which Parley fetches them. An extension of Parley.',
      '^https://',
    ),
  },
  { title: 'New message' },
);

export const quickReplySelectedBody = Type.Object(
  {
    ...baseEvent,
    quick_reply_option_id: externalId({
      description: 'The id of the chosen option, as it was offered.',
      examples: ['1234'],
    }),
  },
  { title: 'Quick reply selected' },
);

export const attributeCollectedBody = Type.Object(
  {
    ...baseEvent,
    attribute: Type.Object({
      id: externalId({ description: 'The name of the attribute.', examples: ['shipping_address'] }),
      value: Type.String({
        maxLength: limits.attributeValueCharactersMax,
        description: 'The value as text; an empty one clears the attribute.',
        examples: ['123 Main St, Springfield'],
      }),
    }),
  },
  { title: 'Attribute collected' },
);

export const notificationSchema = Type.Object(
  {
    external_conversation_id: Type.String({ description: 'Your conversation id, as you sent it.' }),
    conversation_id: Type.String({ description: 'Parley’s id of the conversation.' }),
    external_contact_id: Type.String({ description: 'Your contact id, as you sent it.' }),
    contact_id: Type.String({ description: 'Parley’s id of the contact.' }),
  },
  { title: 'Notification response' },
);
export type NotificationResponse = Static<typeof notificationSchema>;

/** An inbound event, cleaned (contract rows 31, 32, 44), with our own field names. */
export type ChannelEvent = {
  readonly eventId: string;
  readonly externalConversationId: string;
  readonly contact: {
    readonly type: 'user' | 'lead';
    readonly externalId: string;
    readonly name: string | null;
    readonly email: string | null;
  };
} & (
  | { readonly kind: 'new_conversation' }
  | {
      readonly kind: 'new_message';
      readonly body: string;
      /** Absent: none. */
      readonly attachmentUrls?: readonly string[];
    }
  | { readonly kind: 'quick_reply_selected'; readonly optionId: string }
  | { readonly kind: 'attribute_collected'; readonly attributeId: string; readonly value: string }
);

function readBase(body: Static<typeof newConversationBody>) {
  return {
    eventId: String(body.event_id),
    externalConversationId: String(body.external_conversation_id),
    contact: {
      type: body.contact.type,
      externalId: String(body.contact.external_id),
      name: textOrNull(body.contact.name),
      email: textOrNull(body.contact.email),
    },
  };
}

/** Returns null for absent, null and empty, which all mean "not given" (contract row 13). */
function textOrNull(text: string | null | undefined): string | null {
  if (text === undefined || text === null) return null;
  const clean = cleanText(text);
  return clean.trim() === '' ? null : clean;
}

export const readNewConversation = (body: Static<typeof newConversationBody>): ChannelEvent => ({
  kind: 'new_conversation',
  ...readBase(body),
});

export const readNewMessage = (body: Static<typeof newMessageBody>): ChannelEvent => ({
  kind: 'new_message',
  ...readBase(body),
  body: cleanText(body.body),
  ...((body.attachment_urls ?? []).length > 0 && { attachmentUrls: body.attachment_urls! }),
});

export const readQuickReplySelected = (
  body: Static<typeof quickReplySelectedBody>,
): ChannelEvent => ({
  kind: 'quick_reply_selected',
  ...readBase(body),
  optionId: String(body.quick_reply_option_id),
});

export const readAttributeCollected = (
  body: Static<typeof attributeCollectedBody>,
): ChannelEvent => ({
  kind: 'attribute_collected',
  ...readBase(body),
  attributeId: String(body.attribute.id),
  value: cleanText(body.attribute.value),
});
