// Turns API errors into responses, for the whole server (contract B): always JSON, always with a request id.

import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Log } from '../../base/log.ts';
import { TooManyPasswords } from '../../base/passwords.ts';
import { apiError, type ContractError, type ErrorName } from '../../contract/errors.ts';
import { classifyFailure } from '../../database/failure.ts';
import { TooManyLookups } from './token-lookups.ts';

/** Headers of every JSON response: not cached, and never interpreted as another type. */
export const jsonHeaders = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Headers of a response without a body. */
export const emptyHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Builds the body of an error response. */
export function errorBody(error: ContractError, requestId: string): string {
  return JSON.stringify({ type: 'error.list', request_id: requestId, errors: error.errors });
}

/** Sends an error response. */
export function sendError(reply: FastifyReply, error: ContractError): FastifyReply {
  const { status } = error;
  if (status >= 500 || status === 408) {
    // Otherwise the SDK would sleep until the end of a rate window that has nothing to do with the error (contract C).
    reply.removeHeader('X-RateLimit-Limit');
    reply.removeHeader('X-RateLimit-Remaining');
    reply.removeHeader('X-RateLimit-Reset');
  }
  if (status === 503) reply.header('Retry-After', '1');
  // The rest of a body that is too large, or may be, is not read (contract row 37).
  if (status === 413 || mayStillSendTooMuch(reply)) reply.header('Connection', 'close');
  return reply.code(status).headers(jsonHeaders).send(errorBody(error, reply.request.id));
}

/** Whether a body is still arriving that may be too large. */
function mayStillSendTooMuch({ request }: FastifyReply): boolean {
  if (request.raw.complete) return false;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || Number(length ?? 0) > request.routeOptions.bodyLimit;
}

/** Maps Fastify's own errors to ours. */
const frameworkErrors: Readonly<Record<string, ErrorName>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'bodyTooLarge',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'requestMalformed',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'contentTypeNotJson',
  FST_ERR_BAD_URL: 'routeNotFound',
  FST_ERR_MAX_PARAM_LENGTH: 'routeNotFound',
};

/** Maps anything thrown to an API error: an outage, a bad request, or else a bug of ours. */
export function errorFor(error: unknown, log: Log, requestId: string): ContractError {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const name = frameworkErrors[code];
  if (name !== undefined) return apiError(name);
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return apiError('requestMalformed');
  }
  if (error instanceof TooManyLookups || error instanceof TooManyPasswords)
    return apiError('serviceUnavailable');
  if (classifyFailure(error) === 'away') {
    log.warn({ err: error, requestId }, 'request.database_away');
    return apiError('serviceUnavailable');
  }
  log.error({ err: error, requestId }, 'request.failed');
  return apiError('serverError');
}

/** Builds headers and body of an error response that ends its connection. */
export function rawErrorHeaders(
  error: ContractError,
  requestId: string,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const body = errorBody(error, requestId);
  const headers = {
    ...jsonHeaders,
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    Connection: 'close',
  };
  return { headers, body };
}

/** Builds a whole response to bytes that never became a request: not HTTP, too long or too slow. */
export function rawErrorResponse(error: ContractError, requestId: string): string {
  const { headers, body } = rawErrorHeaders(error, requestId);
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}

/** Maps Node's error about a connection to an API error. */
export function connectionError(error: unknown): ContractError {
  const { code } = error as { code?: unknown };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return apiError('requestTimeout');
  return apiError(code === 'HPE_HEADER_OVERFLOW' ? 'headersTooLarge' : 'requestMalformed');
}
