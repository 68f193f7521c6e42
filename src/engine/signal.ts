// The input of the engine, its result, and the keys by which it keeps signals in order.

import type { Result } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import type { ContractError } from '../contract/errors.ts';
import type { ContactSignal } from '../core/contact/signal.ts';
import type { ConversationSignal } from '../core/conversation/signal.ts';
import type { EffectKey } from '../core/model/effect-key.ts';
import type { Channel } from '../core/model/model.ts';

/** A signal as a caller submits it. */
export type Submission = {
  /** The id of the request in the log. */
  readonly requestId?: string;
  /** Set for a request with an idempotency key: its repeat gets the result of the first try. */
  readonly effectKey?: EffectKey;
} & (
  | {
      /** An inbound event of a channel's app. */
      readonly kind: 'channel_event';
      readonly channel: Channel;
      readonly event: ChannelEvent;
    }
  | {
      /** Any other change of a conversation: by a teammate, a timer, a job. Names it by Parley's id. */
      readonly kind: 'conversation';
      readonly workspaceId: number;
      readonly channelId: number;
      /** The app's id of the conversation, by which its signals are kept in order. */
      readonly externalId: string;
      readonly signal: ConversationSignal;
    }
  | {
      /** A change of a contact alone. Names it by Parley's id. */
      readonly kind: 'contact';
      readonly workspaceId: number;
      readonly contactId: string;
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

/** A signal in the queue: with its keys, when it was queued, and where its result goes. */
export type WaitingSignal = Submission & {
  readonly keys: SignalKeys;
  readonly workspaceId: number;
  /** Empty for signals that are not inbound events. */
  readonly contentHash: string;
  /** The approximate number of characters that it keeps in memory. */
  readonly size: number;
  /** When it was accepted, in milliseconds since 1970: the time of all its effects. */
  readonly acceptedAt: number;
  /** When it was accepted, on the steady clock: its age must not depend on a clock that may be set. */
  readonly queuedAt: number;
  readonly resolve: (result: SignalResult) => void;
};

/**
 * The rows that a signal touches, each as a string: the conversation first, then the contact and the inbound event. Two
 * signals that share a key never run at the same time.
 */
export type SignalKeys = readonly string[];

/** Returns the keys of a submission. Ids have no control characters (contract row 44): a line break separates them. */
export function keysOf(submission: Submission): SignalKeys {
  if (submission.kind === 'contact') {
    return [`i\n${submission.workspaceId}\n${submission.contactId}`];
  }
  if (submission.kind === 'conversation') {
    const { workspaceId, channelId, externalId } = submission;
    return [conversationKey(workspaceId, channelId, externalId)];
  }
  const { channel, event } = submission;
  const { workspaceId } = channel;
  return [
    conversationKey(workspaceId, channel.id, event.externalConversationId),
    `c\n${workspaceId}\n${event.contact.externalId}`,
    `e\n${workspaceId}\n${event.eventId}`,
  ];
}

const conversationKey = (workspaceId: number, channelId: number, externalId: string): string =>
  `v\n${workspaceId}\n${channelId}\n${externalId}`;
