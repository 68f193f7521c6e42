// The baseline: a bare Fastify that validates the same body against the same schema and returns the same kind of
// response, and does nothing else: no token, no rate limit, no request id, no metrics, nothing stored. Prints its
// address.

import Fastify from 'fastify';
import { type NotificationResponse, newConversationBody } from '../src/contract/channel-events.ts';
import { bodyCheck } from '../src/contract/check-body.ts';
import { path } from './load/requests.ts';

const server = Fastify({ logger: false });
const check = bodyCheck(newConversationBody);
let count = 0;

server.post(path, async (request, reply): Promise<NotificationResponse> => {
  const checked = check(request.body);
  if (!checked.ok) return reply.code(checked.error.status).send(checked.error);
  const { external_conversation_id, contact } = checked.value;
  count += 1;
  return {
    external_conversation_id: String(external_conversation_id),
    conversation_id: String(256_000 + count),
    external_contact_id: String(contact.external_id),
    contact_id: count.toString(16).padStart(24, '0'),
  };
});

const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.on('SIGTERM', () => void server.close());
