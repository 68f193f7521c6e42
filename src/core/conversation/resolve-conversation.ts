// Finds or creates the conversation that an event belongs to (contract rows 6, 7, 8 and 22).

import { fail, ok, type Result } from '../../base/result.ts';
import type { ChannelEvent } from '../../contract/channel-events.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Contact, Conversation } from '../model/model.ts';
import { noStatistics } from '../model/statistics.ts';
import { effectId } from './ids.ts';
import { isMember } from './members.ts';
import type { TransitionContext } from './transition-context.ts';

const CONVERSATION_EFFECT = 1;

/**
 * Returns the conversation before the event's own effect.
 * @param contact the contact after resolve-contact.
 */
export function resolveConversation(
  conversation: Conversation | null,
  contact: Contact,
  event: ChannelEvent,
  context: TransitionContext,
): Result<Conversation, ContractError> {
  if (conversation === null) {
    const mayCreate = event.kind === 'new_conversation' || context.channel.autoCreateConversation;
    if (!mayCreate) return fail(apiError('conversationNotMapped', 'external_conversation_id'));
    return ok(createConversation(contact, event.externalConversationId, context));
  }
  if (!isMember(conversation, contact.id))
    return fail(apiError('conversationOfAnotherContact', 'contact.external_id'));
  return ok(conversation);
}

/** Creates a conversation without parts. */
export function createConversation(
  contact: Contact,
  externalId: string,
  { signalNumber, nowMs }: TransitionContext,
): Conversation {
  return {
    id: effectId(signalNumber, CONVERSATION_EFFECT),
    externalId,
    contactId: contact.id,
    otherContactIds: [],
    source: null,
    state: 'open',
    isRead: false,
    isPriority: false,
    title: null,
    adminAssigneeId: null,
    teamAssigneeId: null,
    customAttributes: {},
    waitingSince: null,
    snoozedUntil: null,
    firstContactReplyAt: null,
    lastContactReplyAt: null,
    countReopens: 0,
    statistics: noStatistics,
    partCount: 0,
    tagIds: [],
    run: null,
    heldByAdminId: null,
    eventCount: 0,
    signalCount: 0,
    wakeAt: null,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
}
