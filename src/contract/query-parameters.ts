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
