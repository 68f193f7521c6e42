// The checks between the route and its body, in the order of contract row 45: token, version, rate, Accept, type.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import type { CrossOrigin } from './cross-origin.ts';
import type { RateLimit } from './rate-limit.ts';
import {
  checkAccept,
  checkContentEncoding,
  checkContentType,
  checkVersion,
} from './request-checks.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    startedAt: number;
    /** Of the client, seen through trusted proxies. */
    readonly clientAddress: string;
    /** When an answer that goes on began. */
    streamingSince: number | null;
    /** What is wrong with the type of the body, if it turns out to have one. */
    bodyTypeError: ContractError | null;
  }
  interface FastifyContextConfig {
    /** Whether a server that is stopping tells newcomers to come back. */
    isUnavailableWhileClosing?: boolean;
    /** Set where web pages of other origins may read. */
    crossOrigin?: CrossOrigin;
    /** What whoever asks for it is told: it is not served. */
    error?: ContractError;
  }
}

/**
 * Lets a request in, or says why not.
 * @param needs whether the route reads a body, else its type does not matter; and whether it answers JSON when all is
 *   well, else whoever calls it knows what it gets.
 */
export function checkRequest(
  principal: Principal | null,
  request: FastifyRequest,
  reply: FastifyReply,
  rateLimit: RateLimit,
  needs: { readonly takesBody: boolean; readonly sendsJson: boolean },
): ContractError | null {
  if (principal === null) return apiError('accessTokenInvalid');
  request.principal = principal;
  return (
    checkVersion(readHeader(request, 'intercom-version'), principal.channel.strictVersion) ??
    countRequest(principal, reply, rateLimit) ??
    (needs.sendsJson ? checkAccept(request.headers.accept) : null) ??
    (needs.takesBody ? checkBodyType(request) : null)
  );
}

/** An empty body has no type (row 36). One that comes in chunks may turn out to be empty: then it is judged later. */
function checkBodyType(request: FastifyRequest): ContractError | null {
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

/** Tells a client that has asked (`Expect: 100-continue`) to send the body, unless it would be too large. */
export function continueIfAsked(request: FastifyRequest, { raw }: FastifyReply): void {
  const { expect, 'content-length': length } = request.headers;
  if (expect === undefined || request.raw.httpVersion !== '1.1') return;
  if (Number(length ?? 0) <= request.routeOptions.bodyLimit) raw.writeContinue();
}

function countRequest(
  principal: Principal,
  reply: FastifyReply,
  rateLimit: RateLimit,
): ContractError | null {
  const state = rateLimit.count(principal.tokenId);
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
