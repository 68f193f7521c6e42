// Builds the requests. By default each notifies a new conversation of a new contact. The ids are random, like those of
// most apps, which is the worst case for an index. Otherwise each is a message in one of some existing conversations.

import { randomUUID } from 'node:crypto';

export const path = '/custom_channel_events/notify_new_conversation';
const messagePath = '/custom_channel_events/notify_new_message';

/** An existing conversation, and its contact, by the app's ids. */
export type KnownConversation = { readonly conversation: string; readonly person: string };

/**
 * Creates a generator of requests.
 * @param messagesTo conversations that get messages, one after the other.
 * @returns a function that returns the whole next request. All have the same length, so the head is built once.
 */
export function requestsTo(
  url: string,
  token: string,
  messagesTo?: readonly KnownConversation[],
): () => string {
  let count = 0;
  const nextBody = () => {
    if (messagesTo === undefined) return body(randomUUID(), randomUUID(), randomUUID());
    count += 1;
    const { conversation, person } = messagesTo[count % messagesTo.length]!;
    return messageBody(randomUUID(), conversation, person);
  };
  const length = Buffer.byteLength(nextBody());
  const head =
    `POST ${messagesTo === undefined ? path : messagePath} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n` +
    `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\nAccept: application/json\r\n` +
    `Content-Length: ${length}\r\n\r\n`;
  return () => head + nextBody();
}

const contact = (person: string): string =>
  `{"type":"user","external_id":"${person}","name":"Jane Doe","email":"${person}@example.com"}`;

/** Builds the body, with ids of the event, the conversation and the contact. */
export const body = (event: string, conversation: string, person: string): string =>
  `{"event_id":"${event}","external_conversation_id":"${conversation}","contact":${contact(person)}}`;

const messageBody = (event: string, conversation: string, person: string): string =>
  `{"event_id":"${event}","external_conversation_id":"${conversation}","body":"And then?",` +
  `"contact":${contact(person)}}`;
