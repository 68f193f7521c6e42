// Creates the signed request that carries an event to a callback. Sends nothing.

import type { OutgoingRequest } from './http-client.ts';
import { type SignedContent, signatureHeaders } from './sign.ts';

/** The most bytes of a response that are kept. */
const RESPONSE_BYTES_MAX = 2048;

/** The target of events, and the secrets that sign them. */
export type EventTarget = {
  readonly url: string;
  readonly secrets: SignedContent['secrets'];
  readonly tokenHeader: readonly [name: string, value: string] | null;
  readonly timeoutMs: number;
  readonly allowedCidrs: readonly string[];
};

export type EventContent = {
  readonly id: string;
  readonly name: string;
  readonly body: string;
  /** The User-Agent, for example `Parley/0.1.0`. */
  readonly userAgent: string;
  readonly nowMs: number;
};

/** Creates a signed request with an event. */
export function eventRequest(
  { url, secrets, tokenHeader, timeoutMs, allowedCidrs }: EventTarget,
  { id, name, body, userAgent, nowMs }: EventContent,
): OutgoingRequest {
  return {
    url,
    method: 'POST',
    headers: {
      ...(tokenHeader === null ? {} : { [tokenHeader[0]]: tokenHeader[1] }),
      'Content-Type': 'application/json',
      'User-Agent': userAgent,
      'Parley-Event': name,
      'X-Event-Id': id,
      ...signatureHeaders({ secrets, id, timestampSeconds: Math.floor(nowMs / 1000), body }),
    },
    body,
    timeoutMs,
    allowedCidrs,
    responseBytesMax: RESPONSE_BYTES_MAX,
  };
}
