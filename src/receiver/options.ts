// What an app says when it makes a receiver, and what its handlers are given. Types only.

import type { OutboundEvent } from '../contract/outbound-events.ts';
import type { ReceiverStore } from './deduplication-store.ts';
import type { EventName, EventOf, UnknownEvent } from './event.ts';

/** Sequences of a conversation, both ends included. */
export type SequenceRange = { readonly from: number; readonly to: number };

/** What there is to know of a delivery besides its event. */
export type DeliveryInfo = {
  /** Events of this conversation that were passed over just before this one; null if there are none. */
  readonly missing: SequenceRange | null;
  /** It was resent: later events of its conversation were handled before. */
  readonly isLate: boolean;
};

export type Handle<Event> = (event: Event, info: DeliveryInfo) => void | Promise<void>;

export type ReceiverOptions = {
  /** The callback secret of the channel (`whsec_…`); both while a secret is replaced. */
  readonly secrets: string | readonly string[];
  /** Called with every event that `on` has no entry for. When it throws, Parley repeats the event. */
  readonly onEvent?: Handle<OutboundEvent> | undefined;
  /** A function for each kind of event. When it throws, Parley repeats the event. */
  readonly on?: { readonly [Name in EventName]?: Handle<EventOf<Name>> | undefined } | undefined;
  /** Events of a newer server. Without it they are acknowledged and dropped, so that they hold up nothing. */
  readonly onUnknown?: Handle<UnknownEvent> | undefined;
  /** Awaited before the event behind a gap is handled: the moment to fetch what is missing. */
  readonly onGap?:
    | ((missing: SequenceRange, event: OutboundEvent | UnknownEvent) => void | Promise<void>)
    | undefined;
  /** Told of what went wrong when Parley was answered with 500. Without it: `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** What was handled already. Without it: the last 10,000 events, in memory. */
  readonly store?: ReceiverStore | undefined;
  /** How old, or how far in the future, a signature may be. Without it: 300. */
  readonly toleranceSeconds?: number | undefined;
  /** More is answered with 413. Without it: 2 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds since 1970. */
  readonly clock?: (() => number) | undefined;
};
