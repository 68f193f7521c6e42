// Brings an event to the app once: claims it, finds out what was passed over, calls the handler, and marks it as
// seen only when that has succeeded. Knows nothing of requests and signatures.

import type { OutboundEvent } from '../contract/outbound-events.ts';
import type { Delivery, ReceiverStore } from './deduplication-store.ts';
import type { ReadEvent } from './event.ts';
import type { DeliveryInfo, Handle, ReceiverOptions } from './options.ts';
import { type Answer, busy, failed, handled, handledBefore } from './response.ts';

export type TakeDelivery = (read: ReadEvent) => Promise<Answer>;

/** @param report called with every error. */
export function createTakeDelivery(
  options: ReceiverOptions,
  store: ReceiverStore,
  report: (error: unknown) => void,
): TakeDelivery {
  return async (read) => {
    try {
      // Signs of life are sent once, so there is nothing to tell apart.
      if (read.place === null) return await handle(options, read, onTime);
      return await takeOnce({ eventId: read.eventId, ...read.place }, read);
    } catch (error) {
      report(error);
      return failed;
    }
  };

  async function takeOnce(delivery: Delivery, read: ReadEvent): Promise<Answer> {
    const claim = await store.claim(delivery);
    if (claim.state === 'seen') return handledBefore;
    if (claim.state === 'busy') return busy;
    try {
      const info = readInfo(delivery.sequence, claim.lastSequence, read.gap);
      if (info.missing !== null) await options.onGap?.(info.missing, read.event);
      const answer = await handle(options, read, info);
      await store.complete(delivery);
      return answer;
    } catch (error) {
      await giveBack(delivery);
      throw error;
    }
  }

  /** A claim that cannot be given back expires by itself; the first error is the one that matters. */
  async function giveBack(delivery: Delivery): Promise<void> {
    try {
      await store.fail(delivery);
    } catch (error) {
      report(error);
    }
  }
}

const onTime: DeliveryInfo = { missing: null, isLate: false };

/** What was seen of the conversation tells more than the event's own word, which is for those who have seen nothing yet. */
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
): Promise<Answer> {
  if (read.isKnown) {
    const { event } = read;
    const own = on[event.event_name] as Handle<OutboundEvent> | undefined;
    await (own ?? onEvent)?.(event, info);
  } else {
    await onUnknown?.(read.event, info);
  }
  return handled;
}
