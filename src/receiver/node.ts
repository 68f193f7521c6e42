// The handler for node:http and for what is built on it, such as Express. Says what it needs of a request in types
// of its own, so that no version of a framework is asked for.

import {
  BodyCollector,
  type DeliveryHandler,
  type HeaderRecord,
  readFrom,
} from './delivery-handler.ts';
import { type Answer, notPosted, tooLarge } from './response.ts';

/** A stream of bytes. */
export type BodySource = {
  on(event: string, listener: (value: unknown) => void): unknown;
  /** Ends its connection. */
  destroy?(): unknown;
};

/** An http.IncomingMessage, or Express's Request. */
export type NodeRequest = BodySource & {
  readonly method?: string | undefined;
  readonly headers: HeaderRecord;
  readonly readableDidRead?: boolean;
};

/** An http.ServerResponse, or Express's Response. */
export type NodeResponse = {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
};

export type NodeHandler = (request: NodeRequest, response: NodeResponse) => Promise<void>;

/** A handler that answers every request it is given. */
export function createNodeHandler(deliveryHandler: DeliveryHandler): NodeHandler {
  return async (request, response) => {
    const answer = await answerTo(deliveryHandler, request);
    if (answer === null) return;
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    response.end(answer.text);
  };
}

/** @returns null if the sender has gone. */
async function answerTo(
  deliveryHandler: DeliveryHandler,
  request: NodeRequest,
): Promise<Answer | null> {
  if (request.method !== 'POST') return notPosted;
  const kept = keptBytes(request);
  if (kept === null && request.readableDidRead === true) return deliveryHandler.rejectReadBody();
  const body = kept ?? (await readBody(request, deliveryHandler.maxBodyBytes));
  if (body === 'gone') return null;
  if (body === 'too large' || body.length > deliveryHandler.maxBodyBytes) return tooLarge;
  return await deliveryHandler.receiveBody(readFrom(request.headers), body);
}

/** What express.raw() and express.text() leave as body, and many setups as rawBody: the bytes as they came. */
function keptBytes(request: NodeRequest): Uint8Array | null {
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  for (const kept of [rawBody, body]) {
    if (kept instanceof Uint8Array) return kept;
    if (typeof kept === 'string') return new TextEncoder().encode(kept);
  }
  return null;
}

/** What is dropped of a body that is too large, before its connection is ended. */
const droppedBytesMax = 16 * 1024 * 1024;
const droppingTimeMaxMs = 10_000;

/**
 * What does not fit is read and dropped for a while, so that a sender that reads only when all is sent gets to see the
 * answer. One that goes on without end is cut off.
 */
export function readBody(
  source: BodySource,
  bytesMax: number,
): Promise<Uint8Array | 'too large' | 'gone'> {
  return new Promise((resolve) => {
    const collector = new BodyCollector(bytesMax);
    let droppedBytes = 0;
    let dropping: ReturnType<typeof setTimeout> | undefined;
    source.on('data', (chunk) => {
      const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
      if (dropping === undefined && collector.add(bytes as Uint8Array)) return;
      dropping ??= setTimeout(() => source.destroy?.(), droppingTimeMaxMs);
      droppedBytes += (bytes as Uint8Array).length;
      if (droppedBytes > droppedBytesMax) source.destroy?.();
      resolve('too large');
    });
    source.on('end', () => {
      clearTimeout(dropping);
      if (dropping === undefined) resolve(collector.join());
    });
    for (const event of ['error', 'close']) {
      source.on(event, () => {
        clearTimeout(dropping);
        resolve('gone');
      });
    }
  });
}
