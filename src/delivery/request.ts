// Makes the request that carries an event of the log: its body as the log has it, with what only the callback knows.
// Sends nothing.

import { eventId } from '../core/conversation/outbound-event-id.ts';
import { eventRequest } from '../outgoing/event-request.ts';
import type { OutgoingRequest } from '../outgoing/http-client.ts';
import type { ClaimedEvent } from '../store/outbox/claim.ts';
import type { Callback } from './callbacks.ts';

/** How often and since when an event was tried, this time included, and what was given up just before it. */
export type Circumstances = {
  readonly tries: number;
  readonly firstSentAt: number;
  readonly gapFrom: number | null;
};

/** The request for an event of a conversation's log. */
export function loggedEventRequest(
  callback: Callback,
  conversationId: number,
  event: ClaimedEvent,
  circumstances: Circumstances,
  sender: { readonly userAgent: string; readonly nowMs: number },
): OutgoingRequest {
  return eventRequest(callback, {
    id: eventId(conversationId, event.sequence, event.createdAt),
    name: event.name,
    body: bodyOf(event, circumstances),
    ...sender,
  });
}

/** How a notification begins (core/conversation/notification.ts); events of our own format begin with their id. */
const notificationStart = '{"type":"notification_event",';

/** The log says which format an event has: the callback may have asked for another one since. */
function bodyOf(event: ClaimedEvent, circumstances: Circumstances): string {
  const { tries, firstSentAt, gapFrom } = circumstances;
  if (event.body.startsWith(notificationStart)) {
    // Its envelope has no place for a gap.
    return JSON.stringify({
      ...(JSON.parse(event.body) as object),
      delivery_attempts: tries,
      first_sent_at: Math.floor(firstSentAt / 1000),
    });
  }
  if (gapFrom === null) return event.body;
  const gap = JSON.stringify({ from: gapFrom, to: event.sequence - 1 });
  return `${event.body.slice(0, -1)},"gap":${gap}}`;
}
