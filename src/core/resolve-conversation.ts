// Which conversation: finds or creates the one an event belongs to (contract rows 6, 7, 8 and 22).

import { fail, ok, type Result } from '../base/result.ts';
import { type ContractError, refuse } from '../contract/errors.ts';
import { effectId } from './ids.ts';
import type { Contact, Conversation } from './model.ts';
import type { Signal, Snapshot } from './transition.ts';

const CONVERSATION_EFFECT = 1;

/**
 * The conversation before the event's own effect.
 * @param contact the contact after resolve-contact.
 */
export function resolveConversation(
  { channel, conversation }: Snapshot,
  contact: Contact,
  signal: Signal,
  nowMs: number,
): Result<Conversation, ContractError> {
  if (conversation === null) {
    const mayCreate = signal.event.kind === 'new_conversation' || channel.autoCreateConversation;
    if (!mayCreate) return fail(refuse('conversationNotMapped', 'external_conversation_id'));
    return ok(createConversation(contact, signal, nowMs));
  }
  const isMember =
    conversation.contactId === contact.id || conversation.otherContactIds.includes(contact.id);
  if (!isMember) return fail(refuse('conversationOfAnotherContact', 'contact.external_id'));
  return ok(conversation);
}

function createConversation(contact: Contact, signal: Signal, nowMs: number): Conversation {
  return {
    id: effectId(signal.number, CONVERSATION_EFFECT),
    externalId: signal.event.externalConversationId,
    contactId: contact.id,
    otherContactIds: [],
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
    partCount: 0,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
}
