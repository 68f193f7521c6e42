// A change in the making: the state so far and the parts said so far. Adds parts and reopens conversations; knows
// nothing about where an event came from.

import { effectId } from './ids.ts';
import type { Author, Contact, Conversation, Json, Part, PartType } from './model.ts';
import type { Signal } from './transition.ts';

export type Change = {
  readonly contact: Contact;
  readonly conversation: Conversation;
  readonly parts: readonly Part[];
};

/** Effects 0 and 1 of a signal are its contact and its conversation; parts come after. */
const FIRST_PART_EFFECT = 2;

/**
 * The contact said something: a part with the words, of type `open` if that reopened the conversation
 * (contract rows 20, 21, 25 and 50).
 */
export function receive(
  change: Change,
  signal: Signal,
  nowMs: number,
  said: { readonly body: string; readonly metadata: Part['metadata'] },
): Change {
  const reopens = change.conversation.state !== 'open';
  return addPart(noteContactReply(change, nowMs), signal, nowMs, {
    partType: reopens ? 'open' : 'comment',
    body: said.body,
    author: authorOf(change.contact),
    externalId: signal.event.eventId,
    metadata: said.metadata,
  });
}

/** The contact acted without words, on a conversation that was not open: it opens with an empty `open` part. */
export function reopenSilently(change: Change, signal: Signal, nowMs: number): Change {
  if (change.conversation.state === 'open') return noteContactReply(change, nowMs);
  return addPart(noteContactReply(change, nowMs), signal, nowMs, {
    partType: 'open',
    body: null,
    author: authorOf(change.contact),
  });
}

/** Whatever the contact does after the beginning opens the conversation and makes the contact wait for an answer. */
function noteContactReply(change: Change, nowMs: number): Change {
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

type NewPart = {
  readonly partType: PartType;
  readonly body: string | null;
  readonly author: Author;
  readonly externalId?: string;
  readonly metadata?: Part['metadata'];
  readonly eventDetails?: { readonly [key: string]: Json };
};

/** Appends a part: next position, id from the signal, the state of the conversation as it is now. */
export function addPart(change: Change, signal: Signal, nowMs: number, part: NewPart): Change {
  const { conversation } = change;
  const position = conversation.partCount + 1;
  const added: Part = {
    id: effectId(signal.number, FIRST_PART_EFFECT + change.parts.length),
    conversationId: conversation.id,
    position,
    partType: part.partType,
    body: part.body,
    author: part.author,
    externalId: part.externalId ?? null,
    metadata: part.metadata ?? null,
    eventDetails: part.eventDetails ?? null,
    state: conversation.state,
    createdAt: nowMs,
  };
  return {
    ...change,
    conversation: { ...conversation, partCount: position, updatedAt: nowMs },
    parts: [...change.parts, added],
  };
}

const authorOf = (contact: Contact): Author => ({ type: contact.role, id: contact.id });
