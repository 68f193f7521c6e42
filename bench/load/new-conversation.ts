// Makes the requests: every one notifies a conversation that nobody has seen, of a person that nobody has seen. The ids
// are random, as those of most apps are: in an index they fall everywhere, which is its worst case.

import { randomUUID } from 'node:crypto';

export const path = '/custom_channel_events/notify_new_conversation';

/** @returns a function that gives the whole next request. All are of one length, so the head is made once. */
export function requestsTo(url: string, token: string): () => string {
  const length = Buffer.byteLength(body(randomUUID(), randomUUID(), randomUUID()));
  const head =
    `POST ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  return () => head + body(randomUUID(), randomUUID(), randomUUID());
}

/** The body: ids of the event, the conversation, and the person. */
export const body = (event: string, conversation: string, person: string): string =>
  `{"event_id":"${event}","external_conversation_id":"${conversation}","contact":{"type":"user",` +
  `"external_id":"${person}","name":"Jane Doe","email":"${person}@example.com"}}`;
