// Calls a route and sends its response. For a request with an idempotency key it goes through IdempotentRequests, and
// gives the route dependencies that name each of its effects: a repeat applies none of them twice. Routes know nothing
// of that.

import type { FastifyReply } from 'fastify';
import { ok } from '../../base/result.ts';
import { apiError } from '../../contract/errors.ts';
import type { EffectKey } from '../../core/model/effect-key.ts';
import type { KeyedRequest, StoredResponse } from '../../store/idempotency/keys.ts';
import { originOf } from './command-context.ts';
import { orUnavailable } from './database-unavailable.ts';
import { emptyHeaders, jsonHeaders, sendError } from './error-response.ts';
import { hashRequest, takesIdempotencyKey } from './idempotency-key.ts';
import type { IdempotentRequests } from './idempotent-requests.ts';
import {
  type ApiRoute,
  type AuthenticatedCall,
  JsonText,
  type RouteDependencies,
  type SessionRoute,
} from './route.ts';

/** Calls a route and sends its response. */
export async function callRoute(
  route: ApiRoute | SessionRoute,
  given: AuthenticatedCall,
  idempotentRequests: IdempotentRequests,
): Promise<FastifyReply> {
  const key = given.request.headers['idempotency-key'];
  const isEvent = route.access === 'token' && route.scope === 'events';
  const call = given.request.method === 'GET' || isEvent ? given : withOrigin(given);
  if (key !== undefined && takesIdempotencyKey(route)) {
    return callOnce(route, call, String(key), idempotentRequests);
  }
  const result = await route.handle(call);
  return result.ok
    ? send(call, { status: 200, body: bodyOf(result.value) })
    : sendError(call.reply, result.error);
}

/** Tells the audit log from where the signals of a call come. Events of apps are not in it. */
function withOrigin(call: AuthenticatedCall): AuthenticatedCall {
  const { engine } = call.dependencies;
  const origin = originOf(call);
  const submit: typeof engine.submit = (submission) => engine.submit({ ...submission, origin });
  return { ...call, dependencies: { ...call.dependencies, engine: { submit } } };
}

const unavailable =
  'Service temporarily unavailable: repeat the request with the same Idempotency-Key, which is safe';

const stillInProgress =
  'A request with this Idempotency-Key is still in progress: repeat it for its response';

async function callOnce(
  route: ApiRoute | SessionRoute,
  call: AuthenticatedCall,
  key: string,
  idempotentRequests: IdempotentRequests,
): Promise<FastifyReply> {
  const { request, reply, dependencies } = call;
  // Only the first response has the secret, so that it is not stored.
  let withSecret: string | null = null;
  const outcome = await orUnavailable(call, unavailable, () =>
    idempotentRequests.process(keyedRequestOf(call, key), request.id, async (keyId) => {
      const result = await route.handle({
        ...call,
        dependencies: withEffectKeys(dependencies, keyId),
      });
      if (!result.ok) return result;
      const body = bodyOf(result.value);
      if (!('secretField' in route) || route.secretField === undefined) return ok(body);
      withSecret = body;
      return ok(bodyOf({ ...result.value, [route.secretField]: null }));
    }),
  );
  const { metrics } = dependencies;
  if (!outcome.ok) {
    metrics.countIdempotencyKey('failed');
    return sendError(reply, outcome.error);
  }
  if (outcome.value === null) {
    metrics.countIdempotencyKey('in_progress');
    return sendError(reply, apiError('serviceUnavailable', null, stillInProgress));
  }
  const { response, isReplay } = outcome.value;
  metrics.countIdempotencyKey(isReplay ? 'replayed' : 'processed');
  if (isReplay) reply.header('Idempotent-Replayed', 'true');
  return send(call, isReplay ? response : { ...response, body: withSecret ?? response.body });
}

function keyedRequestOf(
  { request, principal, body }: AuthenticatedCall,
  key: string,
): KeyedRequest {
  const { method, url } = request;
  const bodyBytes = request.body as Buffer | undefined;
  return {
    workspaceId: principal.workspaceId,
    // Not the token or the session: one that takes the place of another repeats its requests.
    principal:
      principal.tokenId === null
        ? `app admin ${principal.adminId}`
        : `channel ${principal.channel?.id ?? 'none'} admin ${principal.adminId}`,
    key,
    requestHash: hashRequest({ method, url, body, bodyBytes }),
  };
}

/**
 * Names the effects of a request by their order: its first signal has the same name in each try. A route that has
 * several effects must have them in an order that the request alone decides.
 */
function withEffectKeys(dependencies: RouteDependencies, keyId: number): RouteDependencies {
  const { engine, commandPool } = dependencies;
  const numbered = (kind: string) => {
    let count = 0;
    return (): EffectKey => {
      count += 1;
      return { keyId, step: `${kind} ${count}` };
    };
  };
  const nextSignal = numbered('signal');
  let effectKey: EffectKey | undefined;
  return {
    ...dependencies,
    engine: {
      submit(submission) {
        if (submission.isRepeatable) return engine.submit(submission);
        if (!submission.isRetry || effectKey === undefined) effectKey = nextSignal();
        return engine.submit({ ...submission, effectKey });
      },
    },
    commandPool: { ...commandPool, nextEffectKey: numbered('command') },
  };
}

/** The text of a body; empty for none. */
function bodyOf(value: object | JsonText | null): string {
  if (value === null) return '';
  return value instanceof JsonText ? value.text : JSON.stringify(value);
}

/** Sends a response, with links to the files that it names. */
const send = (
  { reply, dependencies, principal }: AuthenticatedCall,
  { status, body }: StoredResponse,
): FastifyReply =>
  reply
    .code(status)
    .headers(body === '' ? emptyHeaders : jsonHeaders)
    .send(dependencies.files.links.inText(body, principal.workspaceId));
