// Components that the operations share: the error list, response headers, the version header, the token.

import { limits } from '../../base/limits.ts';
import type { Header, Parameter, Reference, Schema } from './types.ts';

export const errorList: Schema = {
  type: 'object',
  title: 'Error list',
  description: 'Every error has this shape. Branch on the status first, then on `code`.',
  required: ['type', 'request_id', 'errors'],
  properties: {
    type: { const: 'error.list' },
    request_id: {
      type: 'string',
      format: 'uuid',
      description: 'Also in the `X-Request-Id` header; search the log for it.',
    },
    errors: {
      type: 'array',
      minItems: 1,
      description: 'One entry for each error.',
      items: {
        type: 'object',
        required: ['code', 'message', 'field'],
        properties: {
          code: { type: 'string' },
          message: { type: 'string', description: 'For people; may change.' },
          field: {
            type: ['string', 'null'],
            description: 'The invalid field, dotted, if there is one.',
          },
        },
      },
    },
  },
};

const whole: Schema = { type: 'integer', minimum: 0 };

export const headers: Readonly<Record<string, Header>> = {
  'X-Request-Id': {
    description: 'The id of this request.',
    schema: { type: 'string', format: 'uuid' },
  },
  'X-RateLimit-Limit': {
    description: 'Requests that the token may make in a window of 10 seconds.',
    schema: whole,
  },
  'X-RateLimit-Remaining': {
    description: 'Requests left in the current window.',
    schema: whole,
  },
  'X-RateLimit-Reset': {
    description: 'End of the current window, in unix seconds.',
    schema: whole,
  },
  'Retry-After': { description: 'Seconds to wait before a retry.', schema: whole },
  'Idempotent-Replayed': {
    description:
      '`true` if this `event_id` or `Idempotency-Key` was accepted before: this is its first response again.',
    schema: { type: 'string', const: 'true' },
  },
};

const rateLimitHeaders = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
/** Statuses of responses that are sent before the request is counted, or independently of the rate. */
const statusesWithoutRate = new Set([401, 408, 417, 431, 500, 503]);
/** Statuses of responses that a repeat can get again. */
const replayedStatuses = new Set([200, 400, 404, 409, 422]);

/** Lists the headers that a response of this status can carry. */
export function responseHeaders(
  status: number,
  isIdempotent = false,
): Readonly<Record<string, Reference>> {
  const names = ['X-Request-Id'];
  if (!statusesWithoutRate.has(status)) names.push(...rateLimitHeaders);
  if (status === 429 || status === 503) names.push('Retry-After');
  if (isIdempotent && replayedStatuses.has(status)) names.push('Idempotent-Replayed');
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export const parameters: Readonly<Record<string, Parameter>> = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'Makes the request safe to repeat for 7 days: sent again with the same key, it gets the first response and ' +
      'changes nothing. 1 to 255 visible ASCII characters, such as a UUID for each request.',
    schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyCharactersMax },
    example: '1f0d2c9e-6a51-4d4c-9f5c-3f1a2b7c8d90',
  },
  IntercomVersion: {
    name: 'Intercom-Version',
    in: 'header',
    required: false,
    description:
      'The API version. 2.14 and newer, `Unstable` and `Preview` are all served as 2.14; so are older versions, ' +
      'unless the channel has `strict_version` on.',
    schema: { type: 'string', default: '2.14' },
    example: '2.14',
  },
};

export const securitySchemes: Readonly<Record<string, Schema>> = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An access token of a channel. The first start prints one; `parley token create` creates more.',
  },
};
