// Applies what the contact writes and does: adds its part and reopens the conversation.

import type { Attachment } from '../model/file.ts';
import type { Author, Contact, Part } from '../model/model.ts';
import { addPart, type Change } from './change.ts';
import { giveBackIfAway } from './effects.ts';
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
    /** Time of writing, if earlier than now. */
    readonly writtenAt?: number | undefined;
    readonly attachments?: readonly Attachment[] | undefined;
  },
): Change {
  const reopens = change.conversation.state !== 'open';
  const writtenAt = Math.min(said.writtenAt ?? context.nowMs, context.nowMs);
  const added = addPart(noteContactReply(change, context, writtenAt), context, {
    partType: reopens ? 'open' : 'comment',
    body: said.body,
    author: authorOf(change.contact),
    externalId: said.externalId,
    metadata: said.metadata,
    createdAt: writtenAt,
    attachments: said.attachments,
  });
  const emitted = emitReopened(added, context, reopens);
  return giveBackIfAway(notify(emitted, context, 'conversation.user.replied'), context);
}

/** An option that was offered in the conversation. */
export type OfferedOption = {
  readonly text: string;
  /** The position of the workflow's prompt; null if a teammate offered it. */
  readonly promptPosition: number | null;
};

/** Adds the part of a contact's choice. Contract row 25: the two public sources spell the key differently. */
export const addChoice = (
  change: Change,
  context: TransitionContext,
  optionId: string,
  { text: body }: OfferedOption,
  from: { readonly externalId: string | null; readonly writtenAt?: number | undefined },
): Change => {
  const metadata = { quick_reply_uuid: optionId, quick_reply_option_uuid: optionId };
  return addContactReply(change, context, { ...from, body, metadata });
};

/** Reopens a conversation in which the contact acted without a message: adds an empty `open` part. */
export function reopenSilently(change: Change, context: TransitionContext): Change {
  if (change.conversation.state === 'open') {
    return giveBackIfAway(noteContactReply(change, context), context);
  }
  const added = addPart(noteContactReply(change, context), context, {
    partType: 'open',
    body: null,
    author: authorOf(change.contact),
  });
  return giveBackIfAway(emitReopened(added, context, true), context);
}

const emitReopened = (change: Change, context: TransitionContext, reopens: boolean): Change =>
  reopens ? emit(change, context, { event_name: 'status_updated', status: 'open' }) : change;

/**
 * Opens the conversation and marks the contact as waiting for a reply: anything the contact does has this effect.
 * A reply that was written in the past moves no time backwards.
 */
function noteContactReply(
  change: Change,
  { nowMs }: TransitionContext,
  repliedAt: number = nowMs,
): Change {
  const { contact, conversation } = change;
  const reopens = conversation.state !== 'open';
  // A wait begins after what was there before, which may be a teammate's reply.
  const waitsSince =
    conversation.partCount === 0 ? repliedAt : Math.max(repliedAt, conversation.updatedAt);
  return {
    ...change,
    contact: { ...contact, lastRepliedAt: latest(contact.lastRepliedAt, repliedAt) },
    conversation: {
      ...conversation,
      state: 'open',
      isRead: true,
      snoozedUntil: null,
      waitingSince: reopens ? waitsSince : (conversation.waitingSince ?? waitsSince),
      firstContactReplyAt: Math.min(conversation.firstContactReplyAt ?? repliedAt, repliedAt),
      lastContactReplyAt: latest(conversation.lastContactReplyAt, repliedAt),
      countReopens: conversation.countReopens + (reopens ? 1 : 0),
      updatedAt: nowMs,
    },
  };
}

const latest = (known: number | null, at: number): number => Math.max(known ?? at, at);

const authorOf = (contact: Contact): Author => ({ type: contact.role, id: contact.id });
