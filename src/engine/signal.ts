// The input of the engine, its result, and the keys by which it keeps signals in order.

import { sha256Hex } from '../base/random.ts';
import type { Result } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { ContactSignal } from '../core/contact/signal.ts';
import { emailKey } from '../core/contact/write-contact.ts';
import type { BeginSignal, ConversationSignal } from '../core/conversation/signal.ts';
import type { AuditOrigin } from '../core/model/audit.ts';
import type { EffectKey } from '../core/model/effect-key.ts';
import type { Attachment } from '../core/model/file.ts';
import type { Channel } from '../core/model/model.ts';

/** The key that keeps the signals of a conversation in order: the app's id of it, in its channel. */
export type ConversationName = { readonly channelId: number; readonly externalId: string };

/** A signal as a caller submits it. */
export type Submission = {
  /** The id of the request in the log. */
  readonly requestId?: string;
  /** Set for a request with an idempotency key: its repeat gets the result of the first try. */
  readonly effectKey?: EffectKey;
  /** Whether a repeat changes nothing: then it needs no effect key, and may come in any order among others. */
  readonly isRepeatable?: true;
  /** Whether it is tried again, since the one before it was rejected: it has the same effect key. */
  readonly isRetry?: true;
  /** From where the request came, for the audit log. */
  readonly origin?: AuditOrigin;
} & (
  | {
      /** An inbound event of a channel's app. */
      readonly kind: 'channel_event';
      readonly channel: Channel;
      readonly event: ChannelEvent;
      /** The files of its `attachmentUrls`. */
      readonly attachments?: readonly Attachment[];
    }
  | {
      /** Any other change of a conversation: by a teammate, a timer, a job. Names it by Parley's id. */
      readonly kind: 'conversation';
      readonly workspaceId: number;
      readonly channelId: number;
      /** The app's id of the conversation, by which its signals are kept in order. */
      readonly externalId: string;
      readonly signal: ConversationSignal | BeginSignal;
    }
  | {
      /** A change of a contact over the REST API. */
      readonly kind: 'contact';
      readonly workspaceId: number;
      /** Parley's id; null for a contact to be created. */
      readonly contactId: string | null;
      /** An e-mail that the contact may get although the signal does not give it. */
      readonly email?: string | null;
      /** The conversations that change with the contact. */
      readonly conversations?: readonly ConversationName[];
      readonly signal: ContactSignal;
    }
);

/** Parley's ids of the conversation and contact, and whether the signal was a repeat. */
export type SignalReceipt = {
  /** 0 for signals about a contact alone. */
  readonly conversationId: number;
  readonly contactId: string;
  readonly isReplay: boolean;
};

export type SignalResult = Result<SignalReceipt, ContractError>;

/** The error of a signal that would give a user an e-mail other than the one it names: the contact has changed. */
export const emailChanged: ContractError = apiError('serviceUnavailable');

/** A signal in the queue: with its keys, when it was queued, and where its result goes. */
export type WaitingSignal = Submission & {
  readonly keys: SignalKeys;
  readonly workspaceId: number;
  /** Whether it needs its own group, because it changes where an id leads. */
  readonly isAlone: boolean;
  /** Empty for signals that are not inbound events. */
  readonly contentHash: string;
  /** The approximate number of characters that it keeps in memory. */
  readonly size: number;
  /** Time of acceptance, in milliseconds since 1970: the time of all its effects. */
  readonly acceptedAt: number;
  /** Time of acceptance on the steady clock: its age must not depend on a clock that may be set. */
  readonly queuedAt: number;
  readonly resolve: (result: SignalResult) => void;
};

/**
 * The rows that a signal touches, each as a string: for an inbound event the conversation, then the contact and the
 * event. Two signals that share a key never run at the same time.
 */
export type SignalKeys = readonly string[];

type ContactSubmission = Submission & { readonly kind: 'contact' };

/** The external id that a signal gives to its contact. */
export const givenExternalId = ({ signal }: ContactSubmission): string | null =>
  'given' in signal ? (signal.given.externalId ?? null) : null;

/** The e-mail that a signal may give to a user. */
export const givenEmail = ({ signal, email = null }: ContactSubmission): string | null =>
  ('given' in signal ? signal.given.email : null) ?? email;

/** Whether a signal needs its own group. */
export function isAlone(submission: Submission): boolean {
  // A deletion removes what is stored, not what other signals of its group add.
  if (submission.kind === 'conversation') return submission.signal.kind === 'delete';
  if (submission.kind !== 'contact') return false;
  const { kind } = submission.signal;
  if (kind === 'update_contact') return givenExternalId(submission) !== null;
  return kind === 'merge_contact' || kind === 'delete_contact';
}

/** Returns the keys of a submission. Ids have no control characters (contract row 44): a line break separates them. */
export function keysOf(submission: Submission): SignalKeys {
  if (submission.kind === 'contact') return contactKeys(submission);
  if (submission.kind === 'conversation') {
    const { workspaceId, channelId, externalId } = submission;
    return [conversationKey(workspaceId, channelId, externalId)];
  }
  const { channel, event } = submission;
  const { workspaceId } = channel;
  return [
    conversationKey(workspaceId, channel.id, event.externalConversationId),
    externalIdKey(workspaceId, event.contact.externalId),
    `e\n${workspaceId}\n${event.eventId}`,
  ];
}

function contactKeys(submission: ContactSubmission): SignalKeys {
  const { workspaceId, contactId, signal, conversations = [] } = submission;
  const ids = [contactId, signal.kind === 'merge_contact' ? signal.intoId : null];
  const externalId = givenExternalId(submission);
  const email = givenEmail(submission);
  return [
    ...ids.filter((id) => id !== null).map((id) => contactIdKey(workspaceId, id)),
    ...(externalId === null ? [] : [externalIdKey(workspaceId, externalId)]),
    ...(email === null ? [] : [emailGuardKey(workspaceId, email)]),
    ...conversations.map((name) => conversationKey(workspaceId, name.channelId, name.externalId)),
  ];
}

export const contactIdKey = (workspaceId: number, id: string): string => `i\n${workspaceId}\n${id}`;

export const externalIdKey = (workspaceId: number, externalId: string): string =>
  `c\n${workspaceId}\n${externalId}`;

export const emailGuardKey = (workspaceId: number, email: string): string =>
  `m\n${workspaceId}\n${emailKey(email)}`;

/** The hash in hex that names the guard of an e-mail. */
export const emailHash = (email: string): string => sha256Hex(emailKey(email)).slice(0, 32);

export const conversationKey = (
  workspaceId: number,
  channelId: number,
  externalId: string,
): string => `v\n${workspaceId}\n${channelId}\n${externalId}`;
