// The other format of the log: webhook notifications as Intercom sends them (contract C), for receivers that exist
// already. A topic carries the conversation with only the part that caused it.

import type { Part } from '../model/model.ts';
import { presentContact } from '../presenters/contact.ts';
import { presentConversation } from '../presenters/conversation.ts';
import type { Change } from './change.ts';
import { addLogEntry } from './outbound-event.ts';
import { eventId } from './outbound-event-id.ts';
import type { World } from './transition-context.ts';

export type ConversationTopic =
  | 'conversation.user.created'
  | 'conversation.user.replied'
  | 'conversation.admin.replied'
  | 'conversation.operator.replied'
  | 'conversation.admin.noted'
  | 'conversation.admin.assigned'
  | 'conversation.admin.open.assigned'
  | 'conversation.admin.closed'
  | 'conversation.admin.opened'
  | 'conversation.admin.snoozed'
  | 'conversation.admin.unsnoozed';

export type ContactTopic =
  | 'contact.user.created'
  | 'contact.lead.created'
  | 'contact.lead.signed_up'
  | 'contact.email.updated';

/**
 * Adds the notification of a topic about the conversation, unless the channel wants another format.
 * @param part what caused it; the newest part when not said, null for none.
 */
export function notify(
  change: Change,
  world: World,
  topic: ConversationTopic,
  part: Part | null | undefined = change.parts.at(-1),
): Change {
  if (world.eventFormat !== 'intercom') return change;
  const item = presentConversation({
    conversation: change.conversation,
    contacts: new Map([[change.contact.id, change.contact]]),
    parts: part === null || part === undefined ? [] : [{ ...part, isRedacted: false }],
    isPlainText: false,
    setup: world.setup,
  });
  return addNotification(change, world, topic, item);
}

/** The same about the contact. */
export function notifyAboutContact(change: Change, world: World, topic: ContactTopic): Change {
  if (world.eventFormat !== 'intercom') return change;
  const item = presentContact(change.contact, world.setup.workspaceId);
  return addNotification(change, world, topic, item);
}

function addNotification(change: Change, world: World, topic: string, item: object): Change {
  const createdAt = Math.floor(world.nowMs / 1000);
  const id = eventId(change.conversation.id, change.conversation.eventCount + 1, world.nowMs);
  const body = JSON.stringify({
    type: 'notification_event',
    id: `notif_${id}`,
    topic,
    app_id: String(world.setup.workspaceId),
    created_at: createdAt,
    // delivery/ says how often and since when it was sent.
    delivery_attempts: 1,
    first_sent_at: createdAt,
    delivery_status: 'pending',
    delivered_at: 0,
    links: {},
    self: null,
    data: { type: 'notification_event_data', item },
  });
  return addLogEntry(change, world, topic, body);
}
