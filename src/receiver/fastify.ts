// The plugin for Fastify. Content type parsers of a plugin apply only there, so the body stays unchanged here and the
// rest of the app keeps its parsers.

import { type DeliveryHandler, type HeaderRecord, readFrom } from './delivery-handler.ts';
import { type BodySource, readBody } from './node.ts';
import { type ReceiverResponse, tooLarge } from './response.ts';

type FastifyReply = {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(text: string): unknown;
};

type FastifyRequest = { readonly headers: HeaderRecord; readonly body: unknown };

/** The part of a FastifyInstance that the plugin uses, of any version since 3. */
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

/** Creates a plugin with one route, at the prefix with which it is registered. */
export function createFastifyPlugin(deliveryHandler: DeliveryHandler): FastifyPlugin {
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload) =>
      readBody(payload, deliveryHandler.maxBodyBytes),
    );
    scope.post('/', async (request, reply) => {
      const response = await responseTo(deliveryHandler, request);
      reply.code(response.status);
      reply.headers({ ...response.headers });
      return reply.send(response.text);
    });
  };
}

async function responseTo(
  deliveryHandler: DeliveryHandler,
  { headers, body }: FastifyRequest,
): Promise<ReceiverResponse> {
  if (body === 'too large') return tooLarge;
  return await deliveryHandler.receiveBody(
    readFrom(headers),
    body instanceof Uint8Array ? body : new Uint8Array(),
  );
}
