// What goes through the door and what comes out of it.

import type { Result } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import type { ContractError } from '../contract/errors.ts';
import type { ContactSignal } from '../core/contact/signal.ts';
import type { ConversationSignal } from '../core/conversation/signal.ts';
import type { Channel } from '../core/model/model.ts';

/** A signal as it arrives. */
export type Submission = {
  /** Under which its trouble is found in the log. */
  readonly requestId?: string;
} & (
  | {
      /** An event of the app behind a channel. */
      readonly kind: 'channel_event';
      readonly channel: Channel;
      readonly event: ChannelEvent;
    }
  | {
      /** Anything else: a teammate, a timer, a job. It knows the conversation by our id. */
      readonly kind: 'conversation';
      readonly workspaceId: number;
      readonly channelId: number;
      /** The app's id of the conversation: what its signals are kept in order by. */
      readonly externalId: string;
      readonly signal: ConversationSignal;
    }
  | {
      /** A change of a contact, whatever conversations it has. It knows the contact by our id. */
      readonly kind: 'contact';
      readonly workspaceId: number;
      readonly contactId: string;
      readonly signal: ContactSignal;
    }
);

/** The ids that the signal's conversation and contact have with us, and whether this is a repeated answer. */
export type SignalAnswer = {
  /** 0 for signals about a contact alone. */
  readonly conversationId: number;
  readonly contactId: string;
  readonly isReplay: boolean;
};

export type SignalResult = Result<SignalAnswer, ContractError>;

/** A signal in the door: with its keys, its caller's callback, and since when it waits. */
export type WaitingSignal = Submission & {
  readonly keys: SignalKeys;
  readonly workspaceId: number;
  /** Empty for signals that have no id to repeat them by. */
  readonly contentHash: string;
  /** Characters that it holds, roughly: what it costs to keep it waiting. */
  readonly size: number;
  /** Milliseconds since 1970, when it was accepted: the time of all that it does. */
  readonly acceptedAt: number;
  /** The same on the steady clock: how long it has waited must not depend on clocks that are set. */
  readonly queuedAt: number;
  readonly answer: (result: SignalResult) => void;
};

/**
 * What the signal touches, each as one string: the conversation first, then the contact and the event of the app. Two
 * signals that share a key never run at the same time.
 */
export type SignalKeys = readonly string[];

/** Ids hold no control characters (contract row 44), so a line break cannot be confused with a part of one. */
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
