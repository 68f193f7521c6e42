// The handler for runtimes and frameworks with Request and Response. Uses Web APIs only.

import { BodyCollector, type DeliveryHandler } from './delivery-handler.ts';
import { notPosted, type ReceiverResponse, tooLarge } from './response.ts';

export type FetchHandler = (request: Request) => Promise<Response>;

/** Creates the handler. */
export function createFetchHandler(deliveryHandler: DeliveryHandler): FetchHandler {
  return async (request) => {
    const { status, headers, text } = await responseTo(deliveryHandler, request);
    return new Response(text, { status, headers });
  };
}

async function responseTo(
  deliveryHandler: DeliveryHandler,
  request: Request,
): Promise<ReceiverResponse> {
  if (request.method !== 'POST') return notPosted;
  if (request.bodyUsed) return deliveryHandler.rejectReadBody();
  const body = await readBody(request, deliveryHandler.maxBodyBytes);
  if (body === null) return tooLarge;
  return await deliveryHandler.receiveBody((name) => request.headers.get(name), body);
}

/** Reads the body. @returns null if it is too large; the rest is not read. */
async function readBody(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  const collector = new BodyCollector(bytesMax);
  // Not `for await`: some runtimes have no async iteration of streams.
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!collector.add(value)) {
      await reader.cancel();
      return null;
    }
  }
  return collector.join();
}
