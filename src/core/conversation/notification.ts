// The second format of the log: webhook notifications as Intercom sends them (contract C), for existing receivers. A
// notification contains the conversation with only the part that caused it.

import type { Part, Tag } from '../model/model.ts';
import { presentContact } from '../presenters/contact.ts';
import { presentConversation } from '../presenters/conversation.ts';
import type { Change } from './change.ts';
import { addLogEntry } from './outbound-event.ts';
import { eventId } from './outbound-event-id.ts';
import type { TransitionContext } from './transition-context.ts';

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
  | 'conversation.admin.unsnoozed'
  | 'conversation.read'
  | 'conversation.contact.attached'
  | 'conversation.contact.detached'
  | 'conversation_part.redacted';

export type ContactTopic =
  | 'contact.user.created'
  | 'contact.lead.created'
  | 'contact.lead.signed_up'
  | 'contact.email.updated';

/**
 * Adds the notification of a topic about the conversation, unless the channel wants another format.
 * @param part the part that caused it; by default the newest, null for none.
 */
export function notify(
  change: Change,
  context: TransitionContext,
  topic: ConversationTopic,
  part: Part | null | undefined = change.parts.at(-1),
): Change {
  if (context.eventFormat !== 'intercom') return change;
  const item = presentConversation({
    conversation: change.conversation,
    contacts: new Map([[change.contact.id, change.contact]]),
    parts: part === null || part === undefined ? [] : [{ ...part, isRedacted: false }],
    // Its text is in the part that it is about, where a redaction finds it.
    firstPart: null,
    isPlainText: false,
    setup: context.setup,
    tags: tagsOf(change.conversation.tagIds, context),
    tagApplications: new Map(),
  });
  return addNotification(change, context, topic, item);
}

/** Finds the tags with these ids; skips those that no longer exist. */
const tagsOf = (tagIds: readonly number[], { setup }: TransitionContext): Tag[] =>
  tagIds.map((id) => setup.tags.get(id)).filter((tag) => tag !== undefined);

/** Adds the notification of a topic about the contact, unless the channel wants another format. */
export const notifyAboutContact = (
  change: Change,
  context: TransitionContext,
  topic: ContactTopic,
): Change =>
  context.eventFormat === 'intercom'
    ? addNotification(change, context, topic, contactItem(change, context))
    : change;

/** Adds the notification that a lead was merged into the contact, unless the channel wants another format. */
export const notifyMerged = (change: Change, context: TransitionContext, fromId: string): Change =>
  context.eventFormat === 'intercom'
    ? addNotification(change, context, 'contact.merged', {
        ...contactItem(change, context),
        merged_from: { type: 'contact', id: fromId },
      })
    : change;

/** Adds the notification that the conversation was deleted, unless the channel wants another format. */
export const notifyDeleted = (change: Change, context: TransitionContext): Change =>
  context.eventFormat === 'intercom'
    ? addNotification(change, context, 'conversation.deleted', {
        type: 'conversation',
        id: String(change.conversation.id),
      })
    : change;

function contactItem({ contact }: Change, context: TransitionContext): object {
  const ids = tagsOf(contact.tagIds, context).map(({ id }) => id);
  const tags = { ids, count: ids.length };
  return presentContact(contact, context.setup.workspaceId, { tags });
}

function addNotification(
  change: Change,
  context: TransitionContext,
  topic: string,
  item: object,
): Change {
  const createdAt = Math.floor(context.nowMs / 1000);
  const id = eventId(change.conversation.id, change.conversation.eventCount + 1, context.nowMs);
  const body = JSON.stringify({
    type: 'notification_event',
    id: `notif_${id}`,
    topic,
    app_id: String(context.setup.workspaceId),
    created_at: createdAt,
    // delivery/ replaces the count and the time of attempts.
    delivery_attempts: 1,
    first_sent_at: createdAt,
    delivery_status: 'pending',
    delivered_at: 0,
    links: {},
    self: null,
    data: { type: 'notification_event_data', item },
  });
  return addLogEntry(change, context, topic, body);
}
