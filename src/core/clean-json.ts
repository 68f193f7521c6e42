// JSON that comes from outside, made fit to be stored: no text in it, and no name, that PostgreSQL refuses.

import { cleanText } from '../contract/text.ts';
import type { Json } from './model.ts';

/** The same value with every text and name cleaned (contract row 44). Recursive: the caller bounds the depth. */
export function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry: Json) => cleanJson(entry));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [cleanText(name), cleanJson(entry)]),
  );
}
