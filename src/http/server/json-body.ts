// Reads the body of a request: from bytes to a valid value, or an error (contract rows 31 to 36).

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';

/**
 * Makes Fastify pass every body on as bytes; request-gate.ts checks its type. The usual type is named because Fastify
 * parses the header for all others.
 */
export function acceptBytes(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ['application/json', '*'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
}

/** Makes Fastify leave every body unread, for routes that read it as it arrives. */
export function leaveUnread(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _body, done) => done(null));
}

/**
 * Parses and validates the body.
 * @param absent the value of an empty body; null: a body is required.
 */
export function readBody<Body>(
  request: FastifyRequest,
  check: (json: unknown) => Result<Body, ContractError>,
  absent: object | null = null,
): Result<Body, ContractError> {
  const bytes = request.body as Buffer | undefined;
  if (bytes === undefined || bytes.length === 0) {
    return absent === null ? fail(apiError('jsonInvalid')) : check(absent);
  }
  if (request.bodyTypeError !== null) return fail(request.bodyTypeError);
  // Replacing invalid bytes could make two different ids equal.
  if (!isUtf8(bytes)) return fail(apiError('jsonInvalid'));
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail(apiError('jsonInvalid'));
  }
  return check(json);
}
