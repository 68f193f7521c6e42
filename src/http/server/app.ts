// The HTTP server: mounts the route table on Fastify, with the checks of contract row 45 in their order.

import Fastify, { type FastifyInstance } from 'fastify';
import { limits } from '../../base/limits.ts';
import { newRequestId } from '../../base/random.ts';
import { ok } from '../../base/result.ts';
import { bodyCheck } from '../../contract/check-body.ts';
import { apiError } from '../../contract/errors.ts';
import { unservedEndpoints } from '../../contract/unserved-endpoints.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import { addAppRoutes } from '../app/add-app-routes.ts';
import { connectionLimit } from '../connections/connection-limit.ts';
import { Connections } from '../connections/connections.ts';
import { createHttpServer, endConnectionWithError } from '../connections/http-server.ts';
import { EventStreamHub } from '../events/event-stream-hub.ts';
import { mountWebApp } from '../web/mount-web-app.ts';
import type { Authentication } from './authentication.ts';
import { callRoute } from './call-route.ts';
import { clientAddressReader } from './client-address.ts';
import type { CrossOrigin } from './cross-origin.ts';
import { errorFor, sendError } from './error-response.ts';
import { takesIdempotencyKey } from './idempotency-key.ts';
import { IdempotentRequests } from './idempotent-requests.ts';
import { acceptBytes, leaveUnread, readBody } from './json-body.ts';
import { openStream } from './open-stream.ts';
import type { RateLimit } from './rate-limit.ts';
import { checkRequest, continueIfAsked, mayHaveBody } from './request-gate.ts';
import { report } from './request-log.ts';
import type {
  ApiRoute,
  AppRoute,
  AuthenticatedCall,
  OpenRoute,
  Route,
  RouteDependencies,
  StreamRoute,
} from './route.ts';

export type AppOptions = {
  readonly routes: readonly Route[];
  /** The routes of the web app. */
  readonly appRoutes: readonly AppRoute[];
  readonly dependencies: Omit<RouteDependencies, 'events'>;
  readonly authentication: Authentication;
  readonly rateLimit: RateLimit;
  readonly crossOrigin: CrossOrigin;
  /** Proxies whose forwarded client address is trusted; none if not given. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Time within which a whole request must arrive. */
  readonly requestTimeoutMs?: number;
};

/** Options, with the complete dependencies of the routes. */
type Setting = Omit<AppOptions, 'dependencies'> & {
  readonly dependencies: RouteDependencies;
  readonly idempotentRequests: IdempotentRequests;
};

export type App = {
  readonly server: FastifyInstance;
  /** Must be notified of commits to the event log. */
  readonly events: EventStreamHub;
  readonly connections: Connections;
  /** Makes responses close their connections, so that the client's next request goes to another server. */
  beginDraining(): void;
  /** Responds to new requests with 503, finishes requests in flight, and ends event streams. */
  beginClosing(): void;
};

export function openApp(options: AppOptions): App {
  const { readPool, log, files } = options.dependencies;
  const events = new EventStreamHub(readPool, log, (text, id) => files.links.inText(text, id));
  const dependencies: RouteDependencies = { ...options.dependencies, events };
  const requestTimeoutMs = options.requestTimeoutMs ?? limits.requestTimeoutMs;
  const phase: Phase = { isDraining: false, isClosing: false };
  const connections = openConnections(dependencies, requestTimeoutMs);
  const server = Fastify({
    logger: false,
    genReqId: newRequestId,
    requestIdHeader: false,
    bodyLimit: dependencies.bodyLimitBytes,
    serverFactory: (handler) => createHttpServer(handler, connections, requestTimeoutMs),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Contract row 47: served as they are, never redirected.
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: limits.pathParameterCharactersMax,
    },
    // Each server has its own.
    clientErrorHandler() {},
    frameworkErrors(error, request, reply) {
      const { id } = request;
      reply.header('X-Request-Id', id);
      void sendError(reply, errorFor(error, dependencies.log, id));
    },
  });

  server.decorateRequest('principal', null);
  server.decorateRequest('startedAt', 0);
  server.decorateRequest('streamingSince', null);
  server.decorateRequest('bodyTypeError', null);
  const readClientAddress = clientAddressReader(options.trustedProxies ?? []);
  server.decorateRequest('clientAddress', {
    getter() {
      return readClientAddress(this.raw);
    },
  });
  acceptBytes(server);
  addHooks(server, dependencies, connections, phase);
  const { commandPool } = dependencies;
  const idempotentRequests = new IdempotentRequests(commandPool.pool, log);
  addRoutes(server, { ...options, dependencies, idempotentRequests });
  mountWebApp(server);
  return {
    server,
    events,
    connections,
    beginDraining() {
      phase.isDraining = true;
    },
    beginClosing() {
      phase.isDraining = true;
      phase.isClosing = true;
      connections.beginClosing();
      events.close();
    },
  };
}

type Phase = { isDraining: boolean; isClosing: boolean };

const FULL_NOTICE_INTERVAL_MS = 60_000;

function openConnections(
  { metrics, log }: Pick<RouteDependencies, 'metrics' | 'log'>,
  requestTimeoutMs: number,
): Connections {
  const connectionsMax = connectionLimit();
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  return new Connections({
    connectionsMax,
    requestTimeoutMs,
    onLate: (connection) => endConnectionWithError(connection, apiError('requestTimeout')),
    onCut(reason) {
      metrics.countCutConnection(reason);
      if (reason === 'stalled' || performance.now() - loggedAtMs < FULL_NOTICE_INTERVAL_MS) return;
      loggedAtMs = performance.now();
      log.warn({ reason, connectionsMax }, 'http.connections_cut');
    },
  });
}

/** Adds the hooks of every request. */
function addHooks(
  server: FastifyInstance,
  dependencies: RouteDependencies,
  connections: Connections,
  phase: Phase,
): void {
  server.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now();
    reply.header('X-Request-Id', request.id);
    // A request pipelined behind this one would be lost.
    if (phase.isDraining && connections.of(request.raw.socket)?.isLast() !== false) {
      reply.header('Connection', 'close');
    }
    const { error, crossOrigin, isUnavailableWhileClosing } = request.routeOptions.config;
    if (request.is404 || error !== undefined) {
      // Sent before the body is read: routes that are not served accept no body.
      if (mayHaveBody(request)) reply.header('Connection', 'close');
      sendError(reply, error ?? apiError('routeNotFound'));
    } else if (phase.isClosing && isUnavailableWhileClosing) {
      // Decided by what the headers show.
      void crossOrigin?.begin(request, reply);
      sendError(reply, apiError('serviceUnavailable'));
    } else {
      done();
    }
  });
  server.addHook('onResponse', (request, reply, done) => {
    // The time that a client listened to a stream is not latency.
    const { streamingSince } = request;
    if (streamingSince !== null) request.startedAt += performance.now() - streamingSince;
    report(request, reply, dependencies);
    done();
  });
  server.setErrorHandler((thrown, request, reply) => {
    // The client has disconnected; not an error of the server.
    const hungUp = request.raw.destroyed && !request.raw.complete;
    const error = hungUp
      ? apiError('requestMalformed')
      : errorFor(thrown, dependencies.log, request.id);
    // A chunked body that is too large is not empty, so an error of its type comes first (row 45).
    const isTooLarge = error.status === 413;
    return sendError(reply, (isTooLarge ? request.bodyTypeError : null) ?? error);
  });
}

function addRoutes(server: FastifyInstance, setting: Setting): void {
  addAppRoutes(server, setting.appRoutes, setting);
  for (const route of setting.routes) {
    if (route.access === 'open') addOpenRoute(server, route, setting.dependencies);
    else if (!('isUpload' in route)) addTokenRoute(server, route, setting);
    else {
      // Parsers of bodies belong to a scope.
      void server.register(async (scope) => {
        leaveUnread(scope);
        addTokenRoute(scope, route, setting);
      });
    }
  }
  for (const { method, path } of unservedEndpoints) {
    const words = `Parley does not serve ${method} ${path} yet`;
    server.route({
      method,
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: { error: apiError('endpointNotServed', null, words) },
      // The first hook has already sent the response.
      handler: (_request, reply) => reply,
    });
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
    config: { isUnavailableWhileClosing: false },
    handler: (request, reply) =>
      route.isExact && request.url.split('?', 1)[0] !== route.path
        ? sendError(reply, apiError('routeNotFound'))
        : route.handle({ request, reply, dependencies }),
  });
}

function addTokenRoute(
  server: FastifyInstance,
  route: ApiRoute | StreamRoute,
  { authentication, rateLimit, dependencies, idempotentRequests, ...setting }: Setting,
): void {
  const checkBody = route.body === undefined ? null : bodyCheck(route.body);
  const isStream = 'open' in route;
  const needs = {
    rights: route,
    takesBody: checkBody !== null,
    takesFile: 'isUpload' in route && route.isUpload === true,
    sendsJson: !isStream,
    takesKey: takesIdempotencyKey(route),
  };
  const crossOrigin = route.isForBrowsers ? setting.crossOrigin : undefined;
  if (crossOrigin !== undefined) addPreflight(server, route.path, crossOrigin);
  server.route({
    method: route.method,
    url: route.path,
    bodyLimit: bodyLimitOf(route, dependencies),
    config: { isUnavailableWhileClosing: true, ...(crossOrigin && { crossOrigin }) },
    onRequest(request, reply, done) {
      const proceed = (principal: Principal | null) => {
        if (principal !== null) crossOrigin?.narrow(principal, request, reply);
        const error = checkRequest(principal, request, reply, rateLimit, needs);
        if (error !== null) {
          sendError(reply, error);
          return;
        }
        if (checkBody !== null || needs.takesFile) continueIfAsked(request, reply);
        done();
      };
      const identify = () => {
        const { headers, clientAddress } = request;
        const found = authentication.resolve(headers.authorization, clientAddress);
        // Synchronous if possible: a promise would cost every request a turn of the event loop.
        if (found instanceof Promise) found.then(proceed, (error: Error) => done(error));
        else proceed(found);
      };
      const begun = crossOrigin?.begin(request, reply);
      if (begun === undefined) identify();
      else void begun.then(identify);
    },
    async handler(request, reply) {
      const isOptional = 'isBodyOptional' in route && route.isBodyOptional === true;
      const body =
        checkBody === null ? ok(undefined) : readBody(request, checkBody, isOptional ? {} : null);
      if (!body.ok) return sendError(reply, body.error);
      const call: AuthenticatedCall = {
        request,
        reply,
        dependencies,
        principal: request.principal!,
        body: body.value,
        isPermitted: async () =>
          (await authentication.resolve(request.headers.authorization, request.clientAddress)) !==
          null,
      };
      return isStream ? openStream(route, call) : callRoute(route, call, idempotentRequests);
    },
  });
}

/** The most bytes of a body: files need more room. */
function bodyLimitOf(
  route: ApiRoute | StreamRoute,
  { bodyLimitBytes, files }: RouteDependencies,
): number {
  if ('open' in route) return bodyLimitBytes;
  if (route.isUpload) return files.fileBytesMax + limits.uploadFrameBytesMax;
  return route.mayHaveFiles
    ? Math.max(bodyLimitBytes, limits.bodyWithFilesBytesMax)
    : bodyLimitBytes;
}

/** Handles a browser's CORS preflight request, which carries no token. */
function addPreflight(server: FastifyInstance, path: string, crossOrigin: CrossOrigin): void {
  server.route({
    method: 'OPTIONS',
    url: path,
    config: { isUnavailableWhileClosing: false },
    async handler(request, reply) {
      const isAnswered = await crossOrigin.sendPreflight(request, reply);
      return isAnswered ? reply : sendError(reply, apiError('routeNotFound'));
    },
  });
}
