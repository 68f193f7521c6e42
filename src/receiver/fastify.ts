// The plugin for Fastify. Parsers that are registered in a plugin count only there, so the body stays as it came
// without a change for the rest of the app.

import { type DeliveryHandler, type HeaderRecord, readFrom } from './delivery-handler.ts';
import { type BodySource, readBody } from './node.ts';
import { type Answer, tooLarge } from './response.ts';

type FastifyReply = {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(text: string): unknown;
};

type FastifyRequest = { readonly headers: HeaderRecord; readonly body: unknown };

/** What is needed of a FastifyInstance, of any version since 3. */
export type FastifyScope = {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: BodySource) => Promise<unknown>,
  ): unknown;
  post(
    path: string,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): unknown;
};

export type FastifyPlugin = (scope: FastifyScope) => Promise<void>;

/** A plugin with one route, at the prefix that it is registered with. */
export function createFastifyPlugin(deliveryHandler: DeliveryHandler): FastifyPlugin {
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload) =>
      readBody(payload, deliveryHandler.maxBodyBytes),
    );
    scope.post('/', async (request, reply) => {
      const answer = await answerTo(deliveryHandler, request);
      reply.code(answer.status);
      reply.headers({ ...answer.headers });
      return reply.send(answer.text);
    });
  };
}

async function answerTo(
  deliveryHandler: DeliveryHandler,
  { headers, body }: FastifyRequest,
): Promise<Answer> {
  if (body === 'too large') return tooLarge;
  return await deliveryHandler.receiveBody(
    readFrom(headers),
    body instanceof Uint8Array ? body : new Uint8Array(),
  );
}
