// Sends ephemeral events, such as typing indicators, which are not in the log and only useful now. One attempt, without
// a record of it.

import { eventRequest } from '../outgoing/event-request.ts';
import type { Callback } from './callbacks.ts';
import type { Sender } from './deliver-lane.ts';

/** An ephemeral event that arrives later is useless. */
const timeoutMs = 3_000;

/** Sends an ephemeral event once. Never rejects. */
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
  const isSent = response.kind === 'responded' && response.status >= 200 && response.status < 300;
  return isSent ? 'sent' : 'failed';
}
