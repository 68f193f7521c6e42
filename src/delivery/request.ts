// Creates the request for an event of the log: its logged body with the fields of the attempt. Sends nothing.

import { eventId } from '../core/conversation/outbound-event-id.ts';
import { eventRequest } from '../outgoing/event-request.ts';
import type { OutgoingRequest } from '../outgoing/http-client.ts';
import type { ClaimedEvent } from '../store/outbox/claim.ts';
import type { Callback } from './callbacks.ts';

/** The attempts of an event so far, this one included, and the dead letters just before it. */
export type AttemptContext = {
  readonly tries: number;
  readonly firstSentAt: number;
  readonly gapFrom: number | null;
};

type Sending = {
  readonly userAgent: string;
  readonly nowMs: number;
  /** Makes the text ready to be sent. */
  readonly present: (text: string) => string;
};

/** Creates the request for an event of a conversation's log. */
export function loggedEventRequest(
  callback: Callback,
  conversationId: number,
  event: ClaimedEvent,
  attemptContext: AttemptContext,
  { present, ...sender }: Sending,
): OutgoingRequest {
  return eventRequest(callback, {
    id: eventId(conversationId, event.sequence, event.createdAt),
    name: event.name,
    body: present(bodyOf(event, attemptContext)),
    ...sender,
  });
}

/** The beginning of a notification (core/conversation/notification.ts); Parley's own events begin with their id. */
const notificationStart = '{"type":"notification_event",';

/** Creates the body in the format of the log: the callback may have changed to another one since. */
function bodyOf(event: ClaimedEvent, attemptContext: AttemptContext): string {
  const { tries, firstSentAt, gapFrom } = attemptContext;
  if (event.body.startsWith(notificationStart)) {
    // A notification has no field for a gap.
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
