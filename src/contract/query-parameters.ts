// Reads query parameters; an error names the invalid parameter.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from './errors.ts';

type Query = Readonly<Record<string, unknown>>;

/** Reads a text; null when it is absent or empty. */
export function readText(query: unknown, name: string): Result<string | null, ContractError> {
  const value = (query as Query)[name] ?? '';
  if (typeof value === 'string') return ok(value === '' ? null : value);
  return fail(apiError('parameterInvalid', name, `${name} must not be repeated`));
}

/** Reads an integer within bounds; the fallback when it is absent. */
export function readWholeNumber<Fallback>(
  query: unknown,
  name: string,
  bounds: { readonly min: number; readonly max: number },
  fallback: Fallback,
): Result<number | Fallback, ContractError> {
  const text = readText(query, name);
  if (!text.ok) return text;
  if (text.value === null) return ok(fallback);
  const number = /^\d{1,15}$/.test(text.value) ? Number(text.value) : Number.NaN;
  if (number >= bounds.min && number <= bounds.max) return ok(number);
  const range = `from ${bounds.min} to ${bounds.max}`;
  return fail(apiError('parameterInvalid', name, `${name} must be an integer ${range}`));
}

/** Reads a time in ISO 8601, as milliseconds; null when it is absent. */
export function readTime(query: unknown, name: string): Result<number | null, ContractError> {
  const text = readText(query, name);
  if (!text.ok || text.value === null) return text.ok ? ok(null) : text;
  const ms = parseTime(text.value);
  if (ms !== null) return ok(ms);
  const message = `${name} must be a time such as 2026-12-01T00:00:00Z`;
  return fail(apiError('parameterInvalid', name, message));
}

/** Parses a time in ISO 8601 with a zone, or a date; null if it is none. */
export function parseTime(text: string): number | null {
  const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;
  const ms = isoTime.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** Reads one of some values; null when it is absent. */
export function readChoice<Value extends string>(
  query: unknown,
  name: string,
  values: readonly Value[],
): Result<Value | null, ContractError> {
  const text = readText(query, name);
  if (!text.ok || text.value === null) return text.ok ? ok(null) : text;
  const value = values.find((one) => one === text.value);
  if (value !== undefined) return ok(value);
  const message = `${name} must be one of ${values.join(', ')}`;
  return fail(apiError('parameterInvalid', name, message));
}
