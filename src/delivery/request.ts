// Makes the request that carries an event: the body as the log has it, with what only the callback knows, and the
// headers that prove where it comes from. Sends nothing.

import { eventId } from '../core/event-id.ts';
import type { OutgoingRequest } from '../outgoing/http-client.ts';
import { signatureHeaders } from '../outgoing/sign.ts';
import type { ClaimedEvent } from '../store/delivery-claim.ts';
import type { Callback } from './callbacks.ts';

/** What the receiver answers is kept up to here. */
const answerBytesMax = 2048;

/** How often and since when an event was tried, this time included, and what was given up just before it. */
export type Circumstances = {
  readonly tries: number;
  readonly firstSentAt: number;
  readonly gapFrom: number | null;
};

/** The request for an event of a conversation's log. */
export function eventRequest(
  callback: Callback,
  conversationId: number,
  event: ClaimedEvent,
  circumstances: Circumstances,
  sender: { readonly userAgent: string; readonly nowMs: number },
): OutgoingRequest {
  return signedRequest(callback, {
    id: eventId(conversationId, event.sequence, event.createdAt),
    name: event.name,
    body: bodyOf(callback, event, circumstances),
    ...sender,
  });
}

/** The request for a text that is in no log. */
export function signedRequest(
  callback: Callback,
  content: {
    readonly id: string;
    readonly name: string;
    readonly body: string;
    readonly userAgent: string;
    readonly nowMs: number;
  },
): OutgoingRequest {
  const { id, name, body, userAgent, nowMs } = content;
  const { secrets, tokenHeader } = callback;
  const timestampSeconds = Math.floor(nowMs / 1000);
  return {
    url: callback.url,
    method: 'POST',
    headers: {
      ...(tokenHeader === null ? {} : { [tokenHeader[0]]: tokenHeader[1] }),
      'Content-Type': 'application/json',
      'User-Agent': userAgent,
      'Parley-Event': name,
      'X-Event-Id': id,
      ...signatureHeaders({ secrets, id, timestampSeconds, body }),
    },
    body,
    timeoutMs: callback.timeoutMs,
    allowedCidrs: callback.allowedCidrs,
    answerBytesMax,
  };
}

function bodyOf({ format }: Callback, event: ClaimedEvent, circumstances: Circumstances): string {
  const { tries, firstSentAt, gapFrom } = circumstances;
  if (format === 'intercom') {
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
