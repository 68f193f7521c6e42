// The heart: what one signal does to what it touches. Pure: the same snapshot, signal and time give the same outcome,
// and nothing outside is read or changed. Workflows will live in here, after the event itself was applied.

import type { Result } from '../base/result.ts';
import { assertNever, fail, ok } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import { type ContractError, refuse } from '../contract/errors.ts';
import { type Change, receive } from './change.ts';
import { collectAttribute } from './collect-attribute.ts';
import type { Channel, Contact, Conversation, DataAttribute, Part } from './model.ts';
import { resolveContact } from './resolve-contact.ts';
import { resolveConversation } from './resolve-conversation.ts';

/** Everything a channel event can depend on, as it stands before the event. */
export type Snapshot = {
  readonly channel: Channel;
  /** Whom contact.external_id names, merges followed. */
  readonly contact: Contact | null;
  /** What external_conversation_id names in this channel. */
  readonly conversation: Conversation | null;
  /** The text of the chosen option if it was ever offered in this conversation. */
  readonly offeredOptionText: string | null;
  /** Whether this attribute was ever asked for in this conversation. */
  readonly isAttributeRequested: boolean;
  /** The workspace's data attributes of this attribute's name. */
  readonly dataAttributes: readonly DataAttribute[];
};

export type Signal = {
  /** Unique number of the signal: the source of every id it makes. */
  readonly number: number;
  readonly event: ChannelEvent;
};

/** The state afterwards. A contact or conversation that is the same object as before did not change. */
export type Outcome = {
  readonly contact: Contact;
  readonly conversation: Conversation;
  readonly parts: readonly Part[];
};

/**
 * Applies a channel event. Checks in the order of contract row 45: integration, contact, conversation, then the
 * option or attribute.
 * @param nowMs when the signal was accepted.
 */
export function transition(
  snapshot: Snapshot,
  signal: Signal,
  nowMs: number,
): Result<Outcome, ContractError> {
  if (!snapshot.channel.isEnabled) return fail(refuse('integrationNotFound'));

  const contact = resolveContact(snapshot, signal, nowMs);
  if (!contact.ok) return contact;

  const conversation = resolveConversation(snapshot, contact.value, signal, nowMs);
  if (!conversation.ok) return conversation;

  const before: Change = {
    contact: contact.value,
    conversation: conversation.value,
    parts: [],
  };
  return applyEvent(before, snapshot, signal, nowMs);
}

function applyEvent(
  before: Change,
  snapshot: Snapshot,
  signal: Signal,
  nowMs: number,
): Result<Outcome, ContractError> {
  const { event } = signal;
  switch (event.kind) {
    case 'new_conversation':
      return ok(before);
    case 'new_message':
      return ok(receive(before, signal, nowMs, { body: event.body, metadata: null }));
    case 'quick_reply_selected': {
      const text = snapshot.offeredOptionText;
      if (text === null) return fail(refuse('optionNeverOffered', 'quick_reply_option_id'));
      // Contract row 25: the two public sources spell the key differently, so both are there.
      const metadata = {
        quick_reply_uuid: event.optionId,
        quick_reply_option_uuid: event.optionId,
      };
      return ok(receive(before, signal, nowMs, { body: text, metadata }));
    }
    case 'attribute_collected':
      return collectAttribute(before, snapshot, { ...signal, event }, nowMs);
    default:
      return assertNever(event);
  }
}
