// Types of a receiver's options and of its handlers.

import type { OutboundEvent } from '../contract/outbound-events.ts';
import type { ReceiverStore } from './deduplication-store.ts';
import type { EventName, EventOf, UnknownEvent } from './event.ts';

/** Sequences of a conversation, both ends included. */
export type SequenceRange = { readonly from: number; readonly to: number };

/** Facts about a delivery besides its event. */
export type DeliveryInfo = {
  /** Events of this conversation that are missing just before this one; null if there are none. */
  readonly missing: SequenceRange | null;
  /** Whether it was resent after later events of its conversation were handled. */
  readonly isLate: boolean;
};

export type Handle<Event> = (event: Event, info: DeliveryInfo) => void | Promise<void>;

export type ReceiverOptions = {
  /** The callback secret of the channel (`whsec_…`); both secrets during a rotation. */
  readonly secrets: string | readonly string[];
  /** Called with every event without an entry in `on`. If it throws, Parley sends the event again. */
  readonly onEvent?: Handle<OutboundEvent> | undefined;
  /** Handlers by event name. If one throws, Parley sends the event again. */
  readonly on?: { readonly [Name in EventName]?: Handle<EventOf<Name>> | undefined } | undefined;
  /** Called with events that only a newer server sends. Without it they are acknowledged and dropped. */
  readonly onUnknown?: Handle<UnknownEvent> | undefined;
  /** Awaited before the event after a gap is handled: fetch the missing events here. */
  readonly onGap?:
    | ((missing: SequenceRange, event: OutboundEvent | UnknownEvent) => void | Promise<void>)
    | undefined;
  /** Called with every error that made the receiver respond with 500; defaults to `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Remembers handled events; defaults to the last 10,000, in memory. */
  readonly store?: ReceiverStore | undefined;
  /** Maximum age of a signature, and how far in the future it may be; defaults to 300. */
  readonly toleranceSeconds?: number | undefined;
  /** Larger bodies get 413; defaults to 2 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Returns milliseconds since 1970; defaults to `Date.now`. */
  readonly clock?: (() => number) | undefined;
};
