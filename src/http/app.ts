// The HTTP server: the route table on Fastify, with the checks of contract row 45 in their order. Holds no rule of what
// a request does; that is in routes/ and beyond.

import { isUtf8 } from 'node:buffer';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { limits } from '../base/limits.ts';
import { newRequestId } from '../base/random.ts';
import { bodyCheck } from '../contract/check-body.ts';
import { type ContractError, refuse } from '../contract/errors.ts';
import type { Principal } from '../store/access.ts';
import type { Authentication } from './authentication.ts';
import { rawErrorAnswer, refusalFor, sendError } from './error-reply.ts';
import type { RateLimit } from './rate-limit.ts';
import { checkAccept, checkContentType, checkVersion } from './request-checks.ts';
import type { ApiRoute, OpenRoute, Route, RouteDependencies } from './route.ts';

export type AppOptions = {
  readonly routes: readonly Route[];
  readonly dependencies: RouteDependencies;
  readonly authentication: Authentication;
  readonly rateLimit: RateLimit;
  /** Time for a whole request to arrive. */
  readonly requestTimeoutMs?: number;
};

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    startedAt: number;
  }
}

export type App = {
  readonly server: FastifyInstance;
  /** From now on every new request is told to come back; those under way are finished. */
  beginClosing(): void;
};

export function openApp(options: AppOptions): App {
  const { dependencies } = options;
  const requestTimeoutMs = options.requestTimeoutMs ?? limits.requestTimeoutMs;
  let isClosing = false;
  const server = Fastify({
    logger: false,
    genReqId: newRequestId,
    requestIdHeader: false,
    bodyLimit: dependencies.bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Contract row 47: served as they are, never redirected.
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: limits.pathParameterCharactersMax,
    },
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: Math.min(limits.headersTimeoutMs, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs),
    },
    clientErrorHandler(error, socket) {
      const canAnswer = socket.writable && (error as { code?: unknown }).code !== 'ECONNRESET';
      if (canAnswer) socket.end(rawErrorAnswer(error, newRequestId()));
      else socket.destroy();
    },
    frameworkErrors(error, request, reply) {
      const { id } = request;
      reply.header('X-Request-Id', id);
      void sendError(reply, refusalFor(error, dependencies.log, id));
    },
  });

  server.decorateRequest('principal', null);
  server.decorateRequest('startedAt', 0);
  acceptJson(server);
  server.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now();
    reply.header('X-Request-Id', request.id);
    if (isClosing) {
      reply.header('Connection', 'close');
      if (request.routeOptions.url !== '/healthz') {
        sendError(reply, refuse('serviceUnavailable'));
        return;
      }
    }
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    report(request, reply, dependencies);
    done();
  });
  server.setNotFoundHandler((_request, reply) => sendError(reply, refuse('routeNotFound')));
  server.setErrorHandler((error, request, reply) =>
    sendError(reply, refusalFor(error, dependencies.log, request.id)),
  );

  addRoutes(server, options);
  return {
    server,
    beginClosing() {
      isClosing = true;
    },
  };
}

/** Bodies of any type arrive here: checkContentType has spoken already. */
function acceptJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}

function addRoutes(server: FastifyInstance, options: AppOptions): void {
  for (const route of options.routes) {
    if (route.access === 'token') addApiRoute(server, route, options);
    else addOpenRoute(server, route, options.dependencies);
  }
}

function addOpenRoute(
  server: FastifyInstance,
  route: OpenRoute,
  dependencies: RouteDependencies,
): void {
  server.route({
    method: route.method,
    url: route.path,
    handler: (request, reply) => route.handle({ request, reply, dependencies }),
  });
}

function addApiRoute(server: FastifyInstance, route: ApiRoute, options: AppOptions): void {
  const { dependencies, authentication } = options;
  const checkBody = route.body === undefined ? null : bodyCheck(route.body);
  server.route({
    method: route.method,
    url: route.path,
    onRequest(request, reply, done) {
      const found = authentication.resolve(request.headers.authorization);
      if (!(found instanceof Promise)) {
        if (admit(found, request, reply, options)) done();
        return;
      }
      found.then(
        (principal) => {
          if (admit(principal, request, reply, options)) done();
        },
        (error: Error) => done(error),
      );
    },
    async handler(request, reply) {
      let body: unknown;
      if (checkBody !== null) {
        const parsed = parseJson(request.body as Buffer | undefined);
        const checked = parsed === undefined ? null : checkBody(parsed.json);
        if (checked === null) return sendError(reply, refuse('jsonInvalid'));
        if (!checked.ok) return sendError(reply, checked.error);
        body = checked.value;
      }
      const principal = request.principal!;
      const result = await route.handle({ request, reply, dependencies, principal, body });
      if (!result.ok) return sendError(reply, result.error);
      reply.header('Content-Type', 'application/json; charset=utf-8');
      return reply.send(JSON.stringify(result.value));
    },
  });
}

/** The checks between the route and its body, in the order of contract row 45. True if the request may go on. */
function admit(
  principal: Principal | null,
  request: FastifyRequest,
  reply: FastifyReply,
  { rateLimit }: AppOptions,
): boolean {
  if (principal === null) {
    sendError(reply, refuse('accessTokenInvalid'));
    return false;
  }
  request.principal = principal;
  const error =
    checkVersion(readHeader(request, 'intercom-version'), principal.channel.strictVersion) ??
    countRequest(principal, reply, rateLimit) ??
    checkAccept(request.headers.accept) ??
    checkContentType(request.headers['content-type'], hasBody(request));
  if (error === null) return true;
  sendError(reply, error);
  return false;
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
  return refuse('rateLimitExceeded', null, `Exceeded rate limit of ${state.limit} in 10_seconds`);
}

function readHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function hasBody(request: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** Undefined if it is not JSON in UTF-8: replacing bad bytes could make two different ids one (contract row 35). */
function parseJson(body: Buffer | undefined): { readonly json: unknown } | undefined {
  if (body === undefined || !isUtf8(body)) return undefined;
  try {
    return { json: JSON.parse(body.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/** One canonical line for a request; those that went well only at debug, where the counting is enough. */
function report(
  request: FastifyRequest,
  reply: FastifyReply,
  { metrics, log }: RouteDependencies,
): void {
  const route = request.routeOptions.url ?? '(none)';
  const status = reply.statusCode;
  const seconds = (performance.now() - request.startedAt) / 1000;
  metrics.observeRequest(route, status, seconds);
  const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
  if (!log.isLevelEnabled(level)) return;
  log[level](
    {
      requestId: request.id,
      method: request.method,
      route,
      status,
      ms: Math.round(seconds * 1e6) / 1e3,
      workspaceId: request.principal?.workspaceId,
      tokenId: request.principal?.tokenId,
    },
    'request.done',
  );
}
