// The four notify endpoints (contract A): a checked body becomes a signal, the engine's result the response.

import type { TSchema } from 'typebox';
import { ok } from '../../../base/result.ts';
import {
  attributeCollectedBody,
  type ChannelEvent,
  type NotificationResponse,
  newConversationBody,
  newMessageBody,
  notificationSchema,
  quickReplySelectedBody,
  readAttributeCollected,
  readNewConversation,
  readNewMessage,
  readQuickReplySelected,
} from '../../../contract/channel-events.ts';
import type { ErrorName } from '../../../contract/errors.ts';
import { channelOf } from '../../../store/tenancy/access.ts';
import { attachmentsToFetch } from '../../server/attachments.ts';
import type { ApiRoute, RouteDependencies } from '../../server/route.ts';
import { exampleEvent, exampleIds } from './examples.ts';

type Endpoint = {
  readonly name: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly body: TSchema;
  readonly bodyExample: object;
  readonly read: (body: never) => ChannelEvent;
  readonly errors: readonly ErrorName[];
  readonly mayHaveFiles?: true;
};

const everyEvent: readonly ErrorName[] = [
  'contactNotCreatable',
  'contactBlocked',
  'integrationNotFound',
  'eventReused',
  'conversationOfAnotherContact',
];

const endpoints: readonly Endpoint[] = [
  {
    name: 'notify_new_conversation',
    operationId: 'notifyNewConversation',
    summary: 'A new conversation began in your app',
    description:
      'Creates the conversation, and the contact if it is new. Carries no text: send the first message with ' +
      '`notify_new_message`. If the conversation exists, returns its ids and changes nothing.',
    body: newConversationBody,
    bodyExample: exampleEvent('evt_12345'),
    read: readNewConversation,
    errors: everyEvent,
  },
  {
    name: 'notify_new_message',
    operationId: 'notifyNewMessage',
    summary: 'The contact wrote a message',
    description:
      'Adds the message to the conversation, and reopens it if it was closed or snoozed.',
    body: newMessageBody,
    mayHaveFiles: true,
    bodyExample: exampleEvent('evt_12346', { body: 'Hello, I need help with my order.' }),
    read: readNewMessage,
    errors: [...everyEvent, 'conversationNotMapped'],
  },
  {
    name: 'notify_quick_reply_selected',
    operationId: 'notifyQuickReplySelected',
    summary: 'The contact clicked a quick reply',
    description:
      'Adds the text of the option as the contact’s message. Any option ever offered in the conversation may be ' +
      'clicked, more than once, too.',
    body: quickReplySelectedBody,
    bodyExample: exampleEvent('evt_12347', { quick_reply_option_id: '1234' }),
    read: readQuickReplySelected,
    errors: [...everyEvent, 'conversationNotMapped', 'optionNeverOffered'],
  },
  {
    name: 'notify_attribute_collected',
    operationId: 'notifyAttributeCollected',
    summary: 'The contact gave the value of an attribute',
    description:
      'Stores the value in the data attribute of this name, or else in the conversation’s custom attributes. ' +
      'An empty value clears it.',
    body: attributeCollectedBody,
    bodyExample: exampleEvent('evt_12348', {
      attribute: { id: 'shipping_address', value: '123 Main St, Springfield' },
    }),
    read: readAttributeCollected,
    errors: [
      ...everyEvent,
      'conversationNotMapped',
      'attributeUnknown',
      'attributeValueInvalid',
      'attributesFull',
      'attributesTooLarge',
    ],
  },
];

/** The files of a message; nothing for a message without any. */
const attachmentsOf = (event: ChannelEvent, { files }: RouteDependencies) =>
  event.kind === 'new_message' && event.attachmentUrls !== undefined
    ? { attachments: attachmentsToFetch(files, event.attachmentUrls) }
    : undefined;

export const channelEventRoutes: readonly ApiRoute[] = endpoints.map(
  (endpoint): ApiRoute => ({
    access: 'token',
    scope: 'events',
    method: 'POST',
    path: `/custom_channel_events/${endpoint.name}`,
    operationId: endpoint.operationId,
    summary: endpoint.summary,
    description: endpoint.description,
    tag: 'Custom Channel Events',
    ...(endpoint.mayHaveFiles && { mayHaveFiles: true }),
    body: endpoint.body,
    bodyExample: endpoint.bodyExample,
    response: notificationSchema,
    responseExample: exampleIds,
    errors: endpoint.errors,
    async handle({ request, body, principal, reply, dependencies }) {
      const event = endpoint.read(body as never);
      const result = await dependencies.engine.submit({
        kind: 'channel_event',
        channel: channelOf(principal),
        event,
        ...attachmentsOf(event, dependencies),
        requestId: request.id,
      });
      if (!result.ok) return result;
      if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
      return ok<NotificationResponse>({
        external_conversation_id: event.externalConversationId,
        conversation_id: String(result.value.conversationId),
        external_contact_id: event.contact.externalId,
        contact_id: result.value.contactId,
      });
    },
  }),
);
