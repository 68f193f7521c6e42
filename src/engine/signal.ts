// What goes through the door and what comes out of it.

import type { Result } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import type { ContractError } from '../contract/errors.ts';
import type { Channel } from '../core/model.ts';

/** A signal as it arrives: an event of the app behind a channel. Timers, jobs and teammates will join the union. */
export type Signal = {
  readonly channel: Channel;
  readonly event: ChannelEvent;
  /** Under which its trouble is found in the log. */
  readonly requestId?: string;
};

/** The ids that the signal's conversation and contact have with us, and whether this is a repeated answer. */
export type SignalAnswer = {
  readonly conversationId: number;
  readonly contactId: string;
  readonly isReplay: boolean;
};

export type SignalResult = Result<SignalAnswer, ContractError>;

/** A signal in the door: with its keys, its caller's callback, and since when it waits. */
export type WaitingSignal = Signal & {
  readonly keys: SignalKeys;
  readonly contentHash: string;
  /** Characters that it holds, roughly: what it costs to keep it waiting. */
  readonly size: number;
  /** Milliseconds since 1970, when it was accepted. */
  readonly acceptedAt: number;
  readonly answer: (result: SignalResult) => void;
};

/** What the signal touches, each as one string. Two signals that share a key never run at the same time. */
export type SignalKeys = {
  readonly event: string;
  readonly contact: string;
  readonly conversation: string;
};

/** Ids hold no control characters (contract row 44), so a line break cannot be confused with a part of one. */
export function keysOf({ channel, event }: Signal): SignalKeys {
  const { workspaceId } = channel;
  return {
    event: `e\n${workspaceId}\n${event.eventId}`,
    contact: `c\n${workspaceId}\n${event.contact.externalId}`,
    conversation: `v\n${workspaceId}\n${channel.id}\n${event.externalConversationId}`,
  };
}
