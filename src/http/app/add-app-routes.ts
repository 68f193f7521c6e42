// Mounts the routes of the web app: each takes the cookie of a session and no token, from pages of this server only.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { systemClock } from '../../base/clock.ts';
import { ok } from '../../base/result.ts';
import { bodyCheck } from '../../contract/check-body.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { missingRight } from '../../core/model/rights.ts';
import { isSessionOpen } from '../../store/accounts/sessions.ts';
import { callRoute } from '../server/call-route.ts';
import { emptyHeaders, jsonHeaders, sendError } from '../server/error-response.ts';
import { checkIdempotencyKey, takesIdempotencyKey } from '../server/idempotency-key.ts';
import type { IdempotentRequests } from '../server/idempotent-requests.ts';
import { readBody } from '../server/json-body.ts';
import { openStream } from '../server/open-stream.ts';
import type { RateLimit } from '../server/rate-limit.ts';
import { checkAccept } from '../server/request-checks.ts';
import { checkBodyType, continueIfAsked, countRequest } from '../server/request-gate.ts';
import type {
  AppRoute,
  GuestRoute,
  RouteDependencies,
  SessionRoute,
  SessionStreamRoute,
} from '../server/route.ts';
import { checkOwnPage } from './own-pages.ts';
import { findSignedIn, type SignedIn } from './session-gate.ts';

export type AppSetting = {
  readonly dependencies: RouteDependencies;
  readonly rateLimit: RateLimit;
  readonly idempotentRequests: IdempotentRequests;
};

/** How old a sign-in may be for sensitive changes. */
const RECENT_MS = 12 * 3_600_000;

export function addAppRoutes(
  server: FastifyInstance,
  routes: readonly AppRoute[],
  setting: AppSetting,
): void {
  for (const route of routes) {
    const checkBody = route.body === undefined ? null : bodyCheck(route.body);
    server.route({
      method: route.method,
      url: route.path,
      config: { isUnavailableWhileClosing: true },
      async onRequest(request, reply) {
        const error =
          checkOwnPage(request, setting.dependencies.accounts) ??
          (route.access === 'session' ? await admit(route, request, reply, setting) : null) ??
          ('open' in route ? null : checkAccept(request.headers.accept)) ??
          (checkBody === null ? null : checkBodyType(request));
        if (error !== null) return sendError(reply, error);
        if (checkBody !== null) continueIfAsked(request, reply);
        return undefined;
      },
      async handler(request, reply) {
        const absent = 'isBodyOptional' in route && route.isBodyOptional === true ? {} : null;
        const body = checkBody === null ? ok(undefined) : readBody(request, checkBody, absent);
        if (!body.ok) return sendError(reply, body.error);
        const call = { request, reply, dependencies: setting.dependencies, body: body.value };
        return route.access === 'session'
          ? callSessionRoute(route, call, setting)
          : callGuestRoute(route, call);
      },
    });
  }
}

/** Finds the teammate and checks the rights. @returns the error to send, or null. */
async function admit(
  route: SessionRoute | SessionStreamRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  { dependencies, rateLimit }: AppSetting,
): Promise<ContractError | null> {
  const signedIn = await findSignedIn(request, reply, dependencies.accounts);
  if (signedIn === null) return apiError('signInNeeded');
  request.principal = signedIn;
  const counted = countRequest(`session ${signedIn.sessionId}`, reply, rateLimit);
  return (
    counted ??
    checkRights(route, signedIn) ??
    (takesIdempotencyKey(route) ? checkIdempotencyKey(request.headers['idempotency-key']) : null)
  );
}

function checkRights(
  { role, isSensitive }: Pick<SessionRoute, 'role' | 'isSensitive'>,
  signedIn: SignedIn,
): ContractError | null {
  if (missingRight(signedIn, { scope: 'read', role }) !== null) {
    const words = `You are "${signedIn.role}": this needs the role "${role}"`;
    return apiError('rightMissing', null, words);
  }
  const isOld = isSensitive === true && systemClock() - signedIn.signedInAt > RECENT_MS;
  return isOld ? apiError('signInTooOld') : null;
}

type BodiedCall = Parameters<GuestRoute['handle']>[0];

const callSessionRoute = (
  route: SessionRoute | SessionStreamRoute,
  given: BodiedCall,
  { idempotentRequests }: AppSetting,
): Promise<FastifyReply> => {
  const { request, dependencies } = given;
  const principal = request.principal!;
  const { workspaceId, sessionId = 0 } = principal;
  // By its id: its token may have been replaced while a stream is open.
  const isPermitted = () => isSessionOpen(dependencies.accounts.pool, workspaceId, sessionId);
  const call = { ...given, principal, isPermitted };
  return 'open' in route ? openStream(route, call) : callRoute(route, call, idempotentRequests);
};

async function callGuestRoute(route: GuestRoute, call: BodiedCall): Promise<FastifyReply> {
  const { reply } = call;
  const result = await route.handle(call);
  if (!result.ok) return sendError(reply, result.error);
  return result.value === null
    ? reply.headers(emptyHeaders).send('')
    : reply.headers(jsonHeaders).send(JSON.stringify(result.value));
}
