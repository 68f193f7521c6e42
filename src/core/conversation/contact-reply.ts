// Applies what the contact writes and does: adds its part and reopens the conversation.

import type { Author, Contact, Part } from '../model/model.ts';
import { addPart, type Change } from './change.ts';
import { notify } from './notification.ts';
import { emit } from './outbound-event.ts';
import type { TransitionContext } from './transition-context.ts';

/**
 * Adds the part of a contact's message, of type `open` if the message reopened the conversation
 * (contract rows 20, 21, 25 and 50).
 */
export function addContactReply(
  change: Change,
  context: TransitionContext,
  said: {
    readonly body: string;
    readonly metadata: Part['metadata'];
    readonly externalId: string | null;
  },
): Change {
  const reopens = change.conversation.state !== 'open';
  const added = addPart(noteContactReply(change, context), context, {
    partType: reopens ? 'open' : 'comment',
    body: said.body,
    author: authorOf(change.contact),
    externalId: said.externalId,
    metadata: said.metadata,
  });
  return notify(emitReopened(added, context, reopens), context, 'conversation.user.replied');
}

/** Reopens a conversation in which the contact acted without a message: adds an empty `open` part. */
export function reopenSilently(change: Change, context: TransitionContext): Change {
  if (change.conversation.state === 'open') return noteContactReply(change, context);
  const added = addPart(noteContactReply(change, context), context, {
    partType: 'open',
    body: null,
    author: authorOf(change.contact),
  });
  return emitReopened(added, context, true);
}

const emitReopened = (change: Change, context: TransitionContext, reopens: boolean): Change =>
  reopens ? emit(change, context, { event_name: 'status_updated', status: 'open' }) : change;

/** Opens the conversation and marks the contact as waiting for a reply: anything the contact does has this effect. */
function noteContactReply(change: Change, { nowMs }: TransitionContext): Change {
  const { contact, conversation } = change;
  const reopens = conversation.state !== 'open';
  return {
    ...change,
    contact: { ...contact, lastRepliedAt: nowMs },
    conversation: {
      ...conversation,
      state: 'open',
      isRead: true,
      snoozedUntil: null,
      waitingSince: reopens ? nowMs : (conversation.waitingSince ?? nowMs),
      firstContactReplyAt: conversation.firstContactReplyAt ?? nowMs,
      lastContactReplyAt: nowMs,
      countReopens: conversation.countReopens + (reopens ? 1 : 0),
      updatedAt: nowMs,
    },
  };
}

const authorOf = (contact: Contact): Author => ({ type: contact.role, id: contact.id });
