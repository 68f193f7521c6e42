// Documents the error responses of each operation: grouped by status, with a named example for each error.

import { type ErrorName, errorCatalogue } from '../../contract/errors.ts';
import { takesIdempotencyKey } from '../server/idempotency-key.ts';
import type { ApiRoute, StreamRoute } from '../server/route.ts';
import { errorGuide } from './error-guide.ts';
import { responseHeaders } from './shared-components.ts';
import type { Example, ResponseObject } from './types.ts';

/** Errors of every route that needs a token. */
export const commonErrors: readonly ErrorName[] = [
  'requestMalformed',
  'expectationFailed',
  'versionUnknown',
  'versionTooOld',
  'accessTokenInvalid',
  'rightMissing',
  'acceptExcludesJson',
  'rateLimitExceeded',
  'headersTooLarge',
  'serverError',
  'serviceUnavailable',
];

/** Further errors of every route with a body. */
export const bodyErrors: readonly ErrorName[] = [
  'jsonInvalid',
  'parameterRequired',
  'parameterInvalid',
  'requestTimeout',
  'bodyTooLarge',
  'contentTypeNotJson',
  'typeMismatch',
];

/** Further errors of every route that takes an idempotency key. */
export const keyErrors: readonly ErrorName[] = ['idempotencyKeyInvalid', 'idempotencyKeyReused'];

/** Lists all errors of a route, its own first. */
export const errorsOf = (route: ApiRoute | StreamRoute): readonly ErrorName[] => [
  ...route.errors,
  ...(route.body === undefined ? [] : bodyErrors),
  ...(takesIdempotencyKey(route) ? keyErrors : []),
  ...commonErrors.filter((name) => !('open' in route) || name !== 'acceptExcludesJson'),
];

/** Describes the error responses of a route, by status. */
export function errorResponses(
  route: ApiRoute | StreamRoute,
): Readonly<Record<string, ResponseObject>> {
  const byStatus = Map.groupBy(errorsOf(route), (name) => errorCatalogue[name].status);
  const responses = [...byStatus].map(([status, names]): [string, ResponseObject] => [
    String(status),
    {
      description: meanings[status] ?? 'Rejected.',
      headers: responseHeaders(status, takesIdempotencyKey(route)),
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/ErrorList' },
          examples: Object.fromEntries(
            names.map((name) => [name, { $ref: `#/components/examples/${name}` }]),
          ),
        },
      },
    },
  ]);
  return Object.fromEntries(responses);
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request, or a value in it, is invalid.',
  401: 'No valid access token.',
  403: 'The token may not do this.',
  404: 'Not found.',
  406: 'The Accept header excludes JSON.',
  408: 'The request did not arrive in time.',
  413: 'The body is too large.',
  415: 'The body is of another type.',
  422: 'Well-formed, but it contradicts stored data.',
  429: 'Rate limit exceeded.',
  417: 'Unsupported Expect header.',
  431: 'The headers are too large.',
  500: 'Internal server error.',
  503: 'Temporarily unavailable.',
};

/** Builds an example of each error that one of the routes can return, by name. */
export function errorExamples(
  routes: readonly (ApiRoute | StreamRoute)[],
): Readonly<Record<string, Example>> {
  const names = new Set(routes.flatMap(errorsOf));
  return Object.fromEntries([...names].map((name) => [name, errorExample(name)]));
}

function errorExample(name: ErrorName): Example {
  const { code, message } = errorCatalogue[name];
  const guide = errorGuide[name];
  const error = { code, message: guide.message ?? message, field: guide.field ?? null };
  return {
    summary: guide.when,
    description: guide.remedy,
    value: {
      type: 'error.list',
      request_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      errors: [error],
    },
  };
}
