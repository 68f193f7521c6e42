// Deliveries for the tests of the receiver: events with signature headers, signed by the library `standardwebhooks`, so
// that the receiver is not tested against itself.

import { Webhook } from 'standardwebhooks';
import type { EventOf } from './receiver.ts';

export const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const otherSecret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
/** The current time of every test. */
export const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

export type Sent = {
  readonly body: string;
  readonly headers: Record<string, string>;
};

/** Builds a message of a conversation. Its id shows its sequence. */
export function message(
  sequence: number,
  {
    conversation = '11',
    ...fields
  }: Partial<EventOf<'new_message'>> & { conversation?: string } = {},
): EventOf<'new_message'> {
  const created = new Date(nowMs).toISOString();
  return {
    event_name: 'new_message',
    event_id: `event_${conversation}_${sequence}`,
    workspace_id: '1',
    external_conversation_id: `app_${conversation}`,
    conversation_id: conversation,
    contact: { type: 'user', external_id: 'dana', id: 'a'.repeat(24) },
    sequence,
    created_at_ms: created,
    message: {
      id: '5',
      author: { type: 'bot', id: '0', name: 'Parley', from_ai_agent: false },
      body: '<p>Hi – 👋</p>',
      body_text: 'Hi – 👋',
      attachments: [],
      created_at_ms: created,
    },
    ...fields,
  };
}

/** Builds an ephemeral event, which has no sequence. */
export const typing = (eventId: string, conversation = '11') => {
  const { message: _, ...envelope } = message(1, { conversation });
  return {
    ...envelope,
    event_name: 'typing_started',
    event_id: eventId,
    sequence: null,
    author: { type: 'bot', id: '0', name: 'Parley', from_ai_agent: false },
    expires_in_ms: 5_000,
  } as const;
};

/** Signs an event, or any body. */
export function sign(
  content: unknown,
  { secrets = [secret], atMs = nowMs, id = 'msg_1' } = {},
): Sent {
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  const time = new Date(atMs);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(atMs / 1000)),
      'webhook-signature': secrets.map((one) => new Webhook(one).sign(id, time, body)).join(' '),
    },
  };
}
