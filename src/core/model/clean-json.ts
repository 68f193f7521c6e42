// Cleans JSON from outside so that it can be stored: without what PostgreSQL rejects or JSON cannot write again.

import { cleanText } from '../../contract/text.ts';
import type { Json } from './model.ts';

/** Cleans every text, name and number in a value (contract row 44). Recursive: the caller bounds the depth. */
export function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  // JSON can spell numbers such as 1e999 that become infinite: stored, this one would be null anyway.
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry: Json) => cleanJson(entry));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [cleanText(name), cleanJson(entry)]),
  );
}
