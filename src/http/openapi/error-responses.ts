// Which refusals an operation can answer with, grouped by status, each as a named example.

import { type ErrorName, errorCatalogue } from '../../contract/errors.ts';
import type { ApiRoute, StreamRoute } from '../server/route.ts';
import { errorGuide } from './error-guide.ts';
import { responseHeaders } from './shared-components.ts';
import type { Example, ResponseObject } from './types.ts';

/** What any call with a token can meet, whatever it asks for. */
export const commonErrors: readonly ErrorName[] = [
  'requestMalformed',
  'expectationFailed',
  'versionUnknown',
  'versionTooOld',
  'accessTokenInvalid',
  'acceptExcludesJson',
  'rateLimitExceeded',
  'headersTooLarge',
  'serverError',
  'serviceUnavailable',
];

/** What a call with a body can meet besides. */
export const bodyErrors: readonly ErrorName[] = [
  'jsonInvalid',
  'parameterRequired',
  'parameterInvalid',
  'requestTimeout',
  'bodyTooLarge',
  'contentTypeNotJson',
  'typeMismatch',
];

/** Every refusal of a route, its own first. */
export const errorsOf = (route: ApiRoute | StreamRoute): readonly ErrorName[] => [
  ...route.errors,
  ...(route.body === undefined ? [] : bodyErrors),
  ...commonErrors.filter((name) => !('open' in route) || name !== 'acceptExcludesJson'),
];

/** The error answers of a route, by status. */
export function errorResponses(
  route: ApiRoute | StreamRoute,
): Readonly<Record<string, ResponseObject>> {
  const byStatus = Map.groupBy(errorsOf(route), (name) => errorCatalogue[name].status);
  const responses = [...byStatus].map(([status, names]): [string, ResponseObject] => [
    String(status),
    {
      description: meanings[status] ?? 'Refused.',
      headers: responseHeaders(status),
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
  400: 'The request, or a value in it, cannot be accepted.',
  401: 'No valid access token.',
  404: 'What the request names does not exist.',
  406: 'The caller does not accept JSON.',
  408: 'The request did not arrive in time.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'Well-formed, but it contradicts what is known.',
  429: 'The rate limit is used up.',
  417: 'The Expect header asks for something that is not offered.',
  431: 'The headers are too large.',
  500: 'A fault of the server.',
  503: 'Unavailable for a moment.',
};

/** Each refusal that one of the routes can answer with, as an answer may look, by name. */
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
