// Reports a completed request: counters, latency, and one canonical line in the log, which never has the body, the
// query or headers.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouteDependencies } from './route.ts';

/** Logs one canonical line for a request; a successful one only at debug, since it is counted anyway. */
export function report(
  request: FastifyRequest,
  reply: FastifyReply,
  { metrics, log }: RouteDependencies,
): void {
  const route = request.routeOptions.url ?? '(none)';
  const status = reply.statusCode;
  const seconds = (performance.now() - request.startedAt) / 1000;
  metrics.observeRequest(route, status, seconds);
  const level = levelOf(status);
  if (!log.isLevelEnabled(level)) return;
  log[level](
    {
      requestId: request.id,
      client: request.clientAddress,
      method: request.method,
      route,
      status,
      ms: Math.round(seconds * 1e6) / 1e3,
      workspaceId: request.principal?.workspaceId,
      tokenId: request.principal?.tokenId,
      sessionId: request.principal?.sessionId,
    },
    'request.done',
  );
}

function levelOf(status: number): 'warn' | 'info' | 'debug' {
  if (status >= 500) return 'warn';
  return status >= 400 ? 'info' : 'debug';
}
