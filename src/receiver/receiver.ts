// `@parley-server/receiver`: receives Parley's events in an app. Checks signatures, drops repeats, keeps the order of
// each conversation and calls the app's handlers. Runs on every JavaScript runtime and imports nothing else of Parley.

import { createMemoryStore } from './deduplication-store.ts';
import { type DeliveryHandler, type HeaderRecord, readFrom } from './delivery-handler.ts';
import { readEvent } from './event.ts';
import { createFastifyPlugin, type FastifyPlugin } from './fastify.ts';
import { createFetchHandler, type FetchHandler } from './fetch.ts';
import { createOrderedRuns } from './in-order.ts';
import { createNodeHandler, type NodeHandler } from './node.ts';
import type { ReceiverOptions } from './options.ts';
import {
  bodyIsGone,
  bodyIsGoneError,
  failed,
  notSigned,
  notUnderstood,
  type ReceiverResponse,
  tooLarge,
} from './response.ts';
import { createSignatureCheck, type ReadHeader } from './signature.ts';
import { createTakeDelivery } from './take-delivery.ts';

export type { OutboundEvent } from '../contract/outbound-events.ts';
export type { Claim, Delivery, ReceiverStore } from './deduplication-store.ts';
export { createMemoryStore } from './deduplication-store.ts';
export type { EventName, EventOf, UnknownEvent } from './event.ts';
export type { DeliveryInfo, Handle, ReceiverOptions, SequenceRange } from './options.ts';
export type { ReceiverResponse } from './response.ts';

export type Receiver = {
  /** The handler for node:http: `createServer(receiver.node)`. */
  readonly node: NodeHandler;
  /** The handler for Express: `app.post('/parley', receiver.express)`, before express.json() or without it. */
  readonly express: NodeHandler;
  /** The Fastify plugin: `app.register(receiver.fastify, { prefix: '/parley' })`. Keeps the app's own parsers. */
  readonly fastify: FastifyPlugin;
  /** The handler for Hono, Next, Bun, Deno and other frameworks with Request and Response. */
  readonly fetch: FetchHandler;
  /** Handles a request of any other server from its headers and the unchanged body. Never rejects. */
  readonly receive: (request: {
    readonly headers: HeaderRecord;
    readonly body: Uint8Array | string;
  }) => Promise<ReceiverResponse>;
};

const defaultToleranceSeconds = 300;
/** An event may have 100,000 characters of text, and the same as HTML; escaped, that can exceed a megabyte. */
const defaultMaxBodyBytes = 2 * 1024 * 1024;

/**
 * Creates a receiver for the events of one or several channels.
 * @throws TypeError for invalid options, such as no secret or no handler.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const {
    secrets,
    store = createMemoryStore(),
    toleranceSeconds = defaultToleranceSeconds,
    maxBodyBytes = defaultMaxBodyBytes,
    clock = Date.now,
  } = options;
  if (options.onEvent === undefined && options.on === undefined) {
    throw new TypeError('give onEvent, or handlers in on: otherwise no handler gets the events');
  }
  if (!(toleranceSeconds > 0)) throw new TypeError('toleranceSeconds: give more than 0');
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new TypeError('maxBodyBytes: give a whole number of bytes, more than 0');
  }
  const check = createSignatureCheck(
    typeof secrets === 'string' || secrets === undefined ? [secrets] : secrets,
    toleranceSeconds,
  );
  const report = createReport(options);
  const take = createTakeDelivery(options, store, report);
  const runInOrder = createOrderedRuns();
  let lastEntered: Promise<unknown> = Promise.resolve();

  /** Checks signatures concurrently, but queues events in the order in which they arrived. */
  async function receiveBody(header: ReadHeader, body: Uint8Array): Promise<ReceiverResponse> {
    const checking = check(header, body, clock()).then(
      (reason) => (reason === null ? null : notSigned(reason)),
      fail,
    );
    const entered = lastEntered
      .then(() => checking)
      .then((error) => ({ response: error === null ? enter(body) : error }));
    lastEntered = entered;
    return await (await entered).response;
  }

  async function enter(body: Uint8Array): Promise<ReceiverResponse> {
    const read = readEvent(body);
    if (typeof read === 'string') return notUnderstood(read);
    return await runInOrder(read.orderKey, () => take(read));
  }

  function fail(error: unknown): ReceiverResponse {
    report(error);
    return failed;
  }

  const deliveryHandler: DeliveryHandler = {
    maxBodyBytes,
    receiveBody,
    rejectReadBody: () => {
      report(bodyIsGoneError());
      return bodyIsGone;
    },
  };
  const node = createNodeHandler(deliveryHandler);
  return {
    node,
    express: node,
    fastify: createFastifyPlugin(deliveryHandler),
    fetch: createFetchHandler(deliveryHandler),
    receive: async ({ headers, body }) => {
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
      return bytes.length > maxBodyBytes ? tooLarge : await receiveBody(readFrom(headers), bytes);
    },
  };
}

/** Creates a function that reports errors to the app and ignores errors of the app's own onError. */
function createReport({ onError }: ReceiverOptions): (error: unknown) => void {
  return (error) => {
    try {
      if (onError === undefined) console.error('@parley-server/receiver:', error);
      else onError(error);
    } catch {
      // The app's own error handler failed.
    }
  };
}
