// Handles an event once: claims it, finds gaps, calls the handler, and marks it as seen only if the handler succeeded.
// Knows nothing of requests and signatures.

import type { OutboundEvent } from '../contract/outbound-events.ts';
import type { Delivery, ReceiverStore } from './deduplication-store.ts';
import type { ReadEvent } from './event.ts';
import type { DeliveryInfo, Handle, ReceiverOptions } from './options.ts';
import { busy, failed, handled, handledBefore, type ReceiverResponse } from './response.ts';

export type TakeDelivery = (read: ReadEvent) => Promise<ReceiverResponse>;

/** Creates the function that handles deliveries. @param report called with every error. */
export function createTakeDelivery(
  options: ReceiverOptions,
  store: ReceiverStore,
  report: (error: unknown) => void,
): TakeDelivery {
  return async (read) => {
    try {
      // Ephemeral events are sent once, so there are no repeats.
      if (read.place === null) return await handle(options, read, onTime);
      return await takeOnce({ eventId: read.eventId, ...read.place }, read);
    } catch (error) {
      report(error);
      return failed;
    }
  };

  async function takeOnce(delivery: Delivery, read: ReadEvent): Promise<ReceiverResponse> {
    const claim = await store.claim(delivery);
    if (claim.state === 'seen') return handledBefore;
    if (claim.state === 'busy') return busy;
    try {
      const info = readInfo(delivery.sequence, claim.lastSequence, read.gap);
      if (info.missing !== null) await options.onGap?.(info.missing, read.event);
      const response = await handle(options, read, info);
      await store.complete(delivery);
      return response;
    } catch (error) {
      await giveBack(delivery);
      throw error;
    }
  }

  /** Releases a claim. If that fails, the claim expires by itself; the first error is the one that matters. */
  async function giveBack(delivery: Delivery): Promise<void> {
    try {
      await store.fail(delivery);
    } catch (error) {
      report(error);
    }
  }
}

const onTime: DeliveryInfo = { missing: null, isLate: false };

/** Finds gaps and late events. The event's own `gap` counts only if no event of the conversation was seen before. */
function readInfo(
  sequence: number,
  lastSequence: number | null,
  gap: ReadEvent['gap'],
): DeliveryInfo {
  if (lastSequence === null) return { missing: gap, isLate: false };
  if (sequence <= lastSequence) return { missing: null, isLate: true };
  const isNext = sequence === lastSequence + 1;
  return {
    missing: isNext ? null : { from: lastSequence + 1, to: sequence - 1 },
    isLate: false,
  };
}

async function handle(
  { on = {}, onEvent, onUnknown }: ReceiverOptions,
  read: ReadEvent,
  info: DeliveryInfo,
): Promise<ReceiverResponse> {
  if (read.isKnown) {
    const { event } = read;
    const own = on[event.event_name] as Handle<OutboundEvent> | undefined;
    await (own ?? onEvent)?.(event, info);
  } else {
    await onUnknown?.(read.event, info);
  }
  return handled;
}
