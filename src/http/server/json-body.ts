// The body of a request: from bytes to a checked value, or a refusal (contract rows 31 to 36).

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';

/**
 * Bodies of any type arrive as bytes: what type they may have is decided in admission.ts. The usual one is named, since
 * Fastify takes a header apart for the rest.
 */
export function acceptBytes(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ['application/json', '*'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
}

/**
 * Reads the body that arrived, and checks it.
 * @param absent what stands for a body that is empty; null: there must be one.
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
  // Replacing bad bytes could make two different ids one.
  if (!isUtf8(bytes)) return fail(apiError('jsonInvalid'));
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail(apiError('jsonInvalid'));
  }
  return check(json);
}
