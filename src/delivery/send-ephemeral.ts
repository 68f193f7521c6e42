// Sends what is in no log: signs of life that are worth something now or never. One try, and no word about it
// afterwards.

import { eventRequest } from '../outgoing/event-request.ts';
import type { Callback } from './callbacks.ts';
import type { Sender } from './deliver-lane.ts';

/** Nobody looks at a sign of typing that is older. */
const timeoutMs = 3_000;

/** Sends a text once. Never rejects. */
export async function sendEphemeral(
  callback: Callback,
  body: string,
  { http, clock, userAgent }: Sender,
): Promise<'sent' | 'failed'> {
  const { event_id: id, event_name: name } = JSON.parse(body) as Record<string, unknown>;
  const nowMs = clock();
  const request = eventRequest(callback, {
    id: String(id),
    name: String(name),
    body,
    userAgent,
    nowMs,
  });
  const response = await http.send({
    ...request,
    timeoutMs: Math.min(request.timeoutMs, timeoutMs),
  });
  const isSent = response.kind === 'answered' && response.status >= 200 && response.status < 300;
  return isSent ? 'sent' : 'failed';
}
