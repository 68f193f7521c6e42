// The events to deliver: a number of conversations with a number of messages each. All sides get the same texts, in the
// same order: all first messages, then all second messages.

import type { LoggedEvent } from '../../src/contract/outbound-events.ts';
import { eventId } from '../../src/core/conversation/outbound-event-id.ts';

export type BacklogShape = { readonly conversations: number; readonly eventsEach: number };

export type BacklogEvent = {
  readonly conversationId: number;
  readonly sequence: number;
  readonly id: string;
  readonly name: 'new_message';
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
};

/** Builds the events as the log has them. */
export function backlogOf(
  { conversations, eventsEach }: BacklogShape,
  nowMs: number,
): BacklogEvent[] {
  return Array.from({ length: conversations * eventsEach }, (_, index) => {
    const conversationId = 1_000_001 + (index % conversations) * 256;
    const sequence = 1 + Math.floor(index / conversations);
    // One second between the messages of a conversation; the last is one second old.
    return eventOf(conversationId, sequence, nowMs - (eventsEach + 1 - sequence) * 1000);
  });
}

function eventOf(conversationId: number, sequence: number, createdAt: number): BacklogEvent {
  const id = eventId(conversationId, sequence, createdAt);
  const createdAtText = new Date(createdAt).toISOString();
  const text = `Message ${sequence}: we have found your order and are looking into it.`;
  const event: LoggedEvent = {
    event_id: id,
    event_name: 'new_message',
    workspace_id: '1',
    external_conversation_id: `conversation-${conversationId}`,
    conversation_id: String(conversationId),
    contact: {
      type: 'user',
      external_id: `person-${conversationId}`,
      id: conversationId.toString(16).padStart(24, '0'),
    },
    sequence,
    created_at_ms: createdAtText,
    message: {
      id: String(conversationId + sequence),
      author: { type: 'bot', id: '0', name: 'Parley', from_ai_agent: false },
      body: `<p>${text}</p>`,
      body_text: text,
      attachments: [],
      created_at_ms: createdAtText,
    },
  };
  return {
    conversationId,
    sequence,
    id,
    name: 'new_message',
    body: JSON.stringify(event),
    createdAt,
  };
}
