// JSON that comes from outside, made fit to be stored: without what PostgreSQL refuses or JSON cannot write again.

import { cleanText } from '../../contract/text.ts';
import type { Json } from './model.ts';

/** The same value with every text, name and number cleaned (contract row 44). Recursive: the caller bounds the depth. */
export function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  // JSON can write numbers (1e999) that it cannot keep: stored, this one would be null all the same.
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry: Json) => cleanJson(entry));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [cleanText(name), cleanJson(entry)]),
  );
}
