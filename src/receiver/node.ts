// The handler for node:http and for frameworks built on it, such as Express. It has its own minimal types, so that it
// requires no particular version of a framework.

import {
  BodyCollector,
  type DeliveryHandler,
  type HeaderRecord,
  readFrom,
} from './delivery-handler.ts';
import { notPosted, type ReceiverResponse, tooLarge } from './response.ts';

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

/** Creates the handler. */
export function createNodeHandler(deliveryHandler: DeliveryHandler): NodeHandler {
  return async (request, response) => {
    const made = await responseTo(deliveryHandler, request);
    if (made === null) return;
    response.statusCode = made.status;
    for (const [name, value] of Object.entries(made.headers)) response.setHeader(name, value);
    response.end(made.text);
  };
}

/** @returns null if the sender has disconnected. */
async function responseTo(
  deliveryHandler: DeliveryHandler,
  request: NodeRequest,
): Promise<ReceiverResponse | null> {
  if (request.method !== 'POST') return notPosted;
  const kept = keptBytes(request);
  if (kept === null && request.readableDidRead === true) return deliveryHandler.rejectReadBody();
  const body = kept ?? (await readBody(request, deliveryHandler.maxBodyBytes));
  if (body === 'gone') return null;
  if (body === 'too large' || body.length > deliveryHandler.maxBodyBytes) return tooLarge;
  return await deliveryHandler.receiveBody(readFrom(request.headers), body);
}

/** Returns the unchanged bytes that express.raw() and express.text() keep as body, and many setups as rawBody. */
function keptBytes(request: NodeRequest): Uint8Array | null {
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  for (const kept of [rawBody, body]) {
    if (kept instanceof Uint8Array) return kept;
    if (typeof kept === 'string') return new TextEncoder().encode(kept);
  }
  return null;
}

/** Bytes of a too large body that are dropped before the connection is cut. */
const droppedBytesMax = 16 * 1024 * 1024;
const droppingTimeMaxMs = 10_000;

/**
 * Reads a body. The rest of a too large body is read and dropped for a while, because some senders read the response
 * only after they have sent everything; then the connection is cut.
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
