// The Idempotency-Key header: the routes that take it, its form, and the hash of its request. Pure.

import { hash } from 'node:crypto';
import { limits } from '../../base/limits.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { ApiRoute, SessionRoute, SessionStreamRoute, StreamRoute } from './route.ts';

type TokenRoute = ApiRoute | StreamRoute;
/** The facts of a route that decide. */
type KeyedRoute = Pick<ApiRoute, 'method' | 'body' | 'changesNothing' | 'isUpload'> &
  Pick<SessionRoute, 'takesNoKey'>;

/** Whether the body must have an event id, which then is the idempotency key. */
export const hasEventId = ({ body }: Pick<ApiRoute | StreamRoute, 'body'>): boolean =>
  ((body as { required?: readonly string[] } | undefined)?.required ?? []).includes('event_id');

/**
 * Whether a route accepts the header: each that changes something, unless its body must have an event id, or is an
 * upload, which changes nothing until it is used and is gone after a day.
 */
export const takesIdempotencyKey = <Route extends TokenRoute | SessionRoute | SessionStreamRoute>(
  route: Route,
): route is Exclude<Route, StreamRoute | SessionStreamRoute> => 'handle' in route && isKeyed(route);

const isKeyed = (route: KeyedRoute): boolean =>
  route.method !== 'GET' && !route.changesNothing && !route.isUpload && !hasEventId(route);

/** Checks the header. One that is sent twice has a space in it: Node joins them. */
export function checkIdempotencyKey(
  header: string | readonly string[] | undefined,
): ContractError | null {
  if (header === undefined) return null;
  const key = String(header);
  const isValid = /^[\x21-\x7e]+$/.test(key) && key.length <= limits.idempotencyKeyCharactersMax;
  return isValid ? null : apiError('idempotencyKeyInvalid', 'Idempotency-Key');
}

type Content = {
  readonly method: string;
  /** The path with the query. */
  readonly url: string;
  /** The parsed body; undefined for none. */
  readonly body: unknown;
  readonly bodyBytes: Buffer | undefined;
};

/** Computes the hash of a request from its method, path, query and JSON, whatever the order of the keys. */
export function hashRequest({ method, url, body, bodyBytes }: Content): string {
  return hash('sha256', `${method} ${url}\n${canonicalBody(body, bodyBytes)}`, 'hex');
}

function canonicalBody(body: unknown, bytes: Buffer | undefined): string {
  if (body === undefined) return '';
  try {
    return JSON.stringify(body, (_key, value: unknown) => withSortedKeys(value));
  } catch {
    // Too deeply nested for JSON.stringify.
    return bytes?.toString('latin1') ?? '';
  }
}

function withSortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
