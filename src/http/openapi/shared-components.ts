// What the operations share: the shape of an error, the headers of answers, the version header, the token.

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
      description: 'Also in the `X-Request-Id` header; finds the request in the log.',
    },
    errors: {
      type: 'array',
      minItems: 1,
      description: 'One for each fault found.',
      items: {
        type: 'object',
        required: ['code', 'message', 'field'],
        properties: {
          code: { type: 'string' },
          message: { type: 'string', description: 'For people; may change.' },
          field: {
            type: ['string', 'null'],
            description: 'The field at fault, dotted, when there is one.',
          },
        },
      },
    },
  },
};

const whole: Schema = { type: 'integer', minimum: 0 };

export const headers: Readonly<Record<string, Header>> = {
  'X-Request-Id': {
    description: 'The id of this request, fresh for every answer.',
    schema: { type: 'string', format: 'uuid' },
  },
  'X-RateLimit-Limit': {
    description: 'Requests that the token may make in a window of 10 seconds.',
    schema: whole,
  },
  'X-RateLimit-Remaining': {
    description: 'Requests left in the present window.',
    schema: whole,
  },
  'X-RateLimit-Reset': {
    description: 'When the present window ends, in unix seconds.',
    schema: whole,
  },
  'Retry-After': { description: 'Seconds to wait before the next try.', schema: whole },
  'Idempotent-Replayed': {
    description: '`true` when this `event_id` was accepted before: this is its first answer again.',
    schema: { type: 'string', const: 'true' },
  },
};

const rateLimitHeaders = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
/** Answered before the request is counted, or by a failure that has nothing to do with the rate. */
const statusesWithoutRate = new Set([401, 408, 417, 431, 500, 503]);

/** The headers that an answer of this status can carry. */
export function responseHeaders(
  status: number,
  isIdempotent = false,
): Readonly<Record<string, Reference>> {
  const names = ['X-Request-Id'];
  if (!statusesWithoutRate.has(status)) names.push(...rateLimitHeaders);
  if (status === 429 || status === 503) names.push('Retry-After');
  if (status === 200 && isIdempotent) names.push('Idempotent-Replayed');
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export const parameters: Readonly<Record<string, Parameter>> = {
  IntercomVersion: {
    name: 'Intercom-Version',
    in: 'header',
    required: false,
    description:
      'The API version. 2.14 and newer, `Unstable` and `Preview` are served alike, as 2.14; so are older ones, ' +
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
      'An access token of a channel. The first start prints one; `parley token create` makes more.',
  },
};
