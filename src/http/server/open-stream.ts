// Opens a stream: its route decides, and then the stream has the response to itself.

import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { sendError } from './error-response.ts';
import type { AuthenticatedCall, StreamRoute } from './route.ts';

/** Opens the stream of a route, or sends its error. */
export async function openStream(
  route: Pick<StreamRoute, 'open'>,
  call: AuthenticatedCall,
): Promise<FastifyReply> {
  const { request, reply } = call;
  const result = await route.open(call);
  if (!result.ok) return sendError(reply, result.error);
  request.streamingSince = performance.now();
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  reply.hijack();
  result.value(reply.raw, headers);
  return reply;
}
