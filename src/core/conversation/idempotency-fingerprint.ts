// The fingerprint by which a repeated event_id is recognised as the same event: the channel, the endpoint and all
// fields that the endpoint reads, cleaned. Unknown fields, key order and spacing do not count (contract rows 1, 2 and
// 33).

import type { ChannelEvent } from '../../contract/channel-events.ts';

/** One line that is equal for equal content, and only then. The engine stores a hash of it. */
export function eventContent(channelId: number, event: ChannelEvent): string {
  const { contact } = event;
  return JSON.stringify([
    channelId,
    event.kind,
    event.externalConversationId,
    contact.type,
    contact.externalId,
    contact.name,
    contact.email,
    ...payload(event),
  ]);
}

function payload(event: ChannelEvent): readonly string[] {
  switch (event.kind) {
    case 'new_conversation':
      return [];
    case 'new_message':
      return [event.body];
    case 'quick_reply_selected':
      return [event.optionId];
    case 'attribute_collected':
      return [event.attributeId, event.value];
  }
}
