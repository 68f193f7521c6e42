// What a transition knows of the rows before its signal. Types only.

import type { Contact, Conversation, DataAttribute } from '../model/model.ts';
import type { OfferedOption } from './contact-reply.ts';

/** The rows that a signal can depend on, before the signal. */
export type Snapshot = {
  /** The contact that contact.external_id names, merges followed; or the contact of the conversation. */
  readonly contact: Contact | null;
  /** The conversation that external_conversation_id names in this channel. */
  readonly conversation: Conversation | null;
  /** The chosen option, if it was ever offered in this conversation. */
  readonly offeredOption: OfferedOption | null;
  /** Whether this attribute was ever asked for in this conversation. */
  readonly isAttributeRequested: boolean;
  /** The workspace's data attributes of this attribute's name. */
  readonly dataAttributes: readonly DataAttribute[];
  /** The contacts whom the signal brings in besides the contact; null for one that does not exist. */
  readonly joining: readonly (Contact | null)[];
  /** In a conversation with several contacts: the ones that are neither blocked nor deleted. */
  readonly presentIds: readonly string[];
};
