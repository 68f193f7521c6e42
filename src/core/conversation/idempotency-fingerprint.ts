// The fingerprint that tells a repeated event from another one with the same event_id: the channel, the endpoint and
// all fields that the endpoint reads, cleaned. Unknown fields, key order and spacing do not count (contract rows 1, 2
// and 33).

import type { ChannelEvent } from '../../contract/channel-events.ts';

/** Returns a line that is equal if and only if the content is. The engine stores a hash of it. */
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
      return [event.body, ...(event.attachmentUrls ?? [])];
    case 'quick_reply_selected':
      return [event.optionId];
    case 'attribute_collected':
      return [event.attributeId, event.value];
  }
}
