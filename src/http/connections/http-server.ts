// The node:http server under Fastify: its limits, and error responses in the contract's shape where Node would send its
// own or none. Every request goes through its connection, which may delay it.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../base/limits.ts';
import { newRequestId } from '../../base/random.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { connectionError, rawErrorHeaders, rawErrorResponse } from '../server/error-response.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';

/** Creates a server that passes its requests to the handler. */
export function createHttpServer(
  handler: RequestListener,
  connections: Connections,
  requestTimeoutMs: number,
): Server {
  const server = createServer({
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(limits.headersTimeoutMs, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs),
    maxHeaderSize: limits.headerBytesMax,
    requireHostHeader: false,
    // Upgrades are not supported.
    shouldUpgradeCallback: () => false,
  });
  // A client may close its side after its request: it still waits for the response.
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  // One connection that cannot be accepted must not affect the others.
  server.on('error', () => {});
  server.on('connection', (socket: Socket) => connections.add(socket));

  const admit = (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.of(request.socket);
    connection?.admit(request, response, () => handler(request, response));
  };
  server.on('request', admit);
  // request-gate.ts asks for the body later, once it has admitted the request.
  server.on('checkContinue', admit);
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.of(request.socket);
    connection?.admitLast(request, response, () =>
      respondAndClose(response, apiError('expectationFailed')),
    );
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    endConnectionWithError(connections.of(socket), apiError('routeNotFound'));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.of(socket);
    if (connection?.isClosing) return;
    const isGone = !socket.writable || error.code === 'ECONNRESET';
    if (isGone || connection === undefined) socket.destroy();
    // Bytes after a request with `Connection: close` get no response; the request itself does.
    else if (error.code === 'HPE_CLOSED_CONNECTION') connection.endWithError(null);
    else if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' || connections.isLate(connection)) {
      endConnectionWithError(connection, connectionError(error));
    }
  });
  return server;
}

/** Sends an error after all earlier responses, for bytes that cannot become a request, and closes. */
export function endConnectionWithError(
  connection: Connection | undefined,
  error: ContractError,
): void {
  connection?.endWithError(rawErrorResponse(error, newRequestId()));
}

function respondAndClose(response: ServerResponse, error: ContractError): void {
  const { headers, body } = rawErrorHeaders(error, newRequestId());
  response.writeHead(error.status, headers).end(body);
}
