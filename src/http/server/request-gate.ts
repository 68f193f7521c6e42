// Checks a request before its body is read, in the order of contract row 45: token, version, rate, rights, Accept,
// type, key.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { missingRight, type NeededRights, roleFor } from '../../core/model/rights.ts';
import type { Caller, Principal } from '../../store/tenancy/access.ts';
import type { CrossOrigin } from './cross-origin.ts';
import { checkIdempotencyKey } from './idempotency-key.ts';
import type { RateLimit } from './rate-limit.ts';
import {
  checkAccept,
  checkContentEncoding,
  checkContentType,
  checkMultipartType,
  checkVersion,
} from './request-checks.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Caller | null;
    startedAt: number;
    /** Address of the client, seen through trusted proxies. */
    readonly clientAddress: string;
    /** Time at which a streamed response began. */
    streamingSince: number | null;
    /** Error for the type of the body, should the body turn out not to be empty. */
    bodyTypeError: ContractError | null;
  }
  interface FastifyContextConfig {
    /** Whether new requests get 503 while the server is stopping. */
    isUnavailableWhileClosing?: boolean;
    /** Set on routes that web pages of other origins may read. */
    crossOrigin?: CrossOrigin;
    /** Response to every request: the endpoint is not served. */
    error?: ContractError;
  }
}

/**
 * Checks the headers of a request.
 * @param needs `rights`: the scope and the role; `takesBody`: check the type of the body; `takesFile`: it is multipart;
 *   `sendsJson`: check that the client accepts JSON; `takesKey`: check the Idempotency-Key.
 * @returns the error to send, or null.
 */
export function checkRequest(
  principal: Principal | null,
  request: FastifyRequest,
  reply: FastifyReply,
  rateLimit: RateLimit,
  needs: {
    readonly rights: NeededRights;
    readonly takesBody: boolean;
    readonly takesFile: boolean;
    readonly sendsJson: boolean;
    readonly takesKey: boolean;
  },
): ContractError | null {
  if (principal === null) return apiError('accessTokenInvalid');
  request.principal = principal;
  return (
    checkVersion(
      readHeader(request, 'intercom-version'),
      principal.channel?.strictVersion === true,
    ) ??
    countRequest(principal.tokenId, reply, rateLimit) ??
    checkRights(principal, needs.rights) ??
    (needs.sendsJson ? checkAccept(request.headers.accept) : null) ??
    (needs.takesBody ? checkBodyType(request) : null) ??
    (needs.takesFile ? checkMultipartType(request.headers['content-type']) : null) ??
    (needs.takesKey ? checkIdempotencyKey(request.headers['idempotency-key']) : null)
  );
}

/** Checks the type, unless the body is empty (row 36). A chunked body may turn out empty, so its error waits. */
export function checkBodyType(request: FastifyRequest): ContractError | null {
  if (!mayHaveBody(request)) return null;
  const error =
    checkContentEncoding(request.headers['content-encoding']) ??
    checkContentType(request.headers['content-type']);
  const isLengthKnown = request.headers['transfer-encoding'] === undefined;
  if (isLengthKnown) return error;
  request.bodyTypeError = error;
  return null;
}

/** Whether the headers announce a body. */
export function mayHaveBody(request: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}

/** Lets a client that sent `Expect: 100-continue` send the body, unless it would be too large. */
export function continueIfAsked(request: FastifyRequest, { raw }: FastifyReply): void {
  const { expect, 'content-length': length } = request.headers;
  if (expect === undefined || request.raw.httpVersion !== '1.1') return;
  if (Number(length ?? 0) <= request.routeOptions.bodyLimit) raw.writeContinue();
}

/** Checks what the token, and the teammate that it acts for, may do. */
function checkRights(principal: Principal, needed: NeededRights): ContractError | null {
  const missing = missingRight(principal, needed);
  if (missing === null) return null;
  if (missing === 'scope') {
    return apiError('rightMissing', null, `The token lacks the scope "${needed.scope}"`);
  }
  const words = `The teammate of the token is "${principal.role}": this needs the role "${roleFor(needed)}"`;
  return apiError('rightMissing', null, words);
}

/** Counts a request. @param caller a token, or a session. */
export function countRequest(
  caller: number | string,
  reply: FastifyReply,
  rateLimit: RateLimit,
): ContractError | null {
  const state = rateLimit.count(caller);
  if (state === null) return null;
  reply.header('X-RateLimit-Limit', state.limit);
  reply.header('X-RateLimit-Remaining', state.remaining);
  reply.header('X-RateLimit-Reset', state.resetAt);
  if (!state.isExceeded) return null;
  reply.header('Retry-After', state.retryAfterSeconds);
  return apiError('rateLimitExceeded', null, `Exceeded rate limit of ${state.limit} in 10_seconds`);
}

function readHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
