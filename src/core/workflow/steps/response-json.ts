// Reads the JSON of a webhook's response without changing a number, and cleans it so that it can be stored.

import { cleanJson } from '../../model/clean-json.ts';
import { readExactJson } from '../../model/exact-number.ts';
import type { Json } from '../../model/model.ts';

/** The deepest nesting: deeper than any pointer in a workflow, yet safe to process recursively. */
const DEPTH_MAX = 64;

/** Reads the JSON of a response, or returns why it is unusable. An empty body, as with a 204, is valid. */
export function readResponseJson(text: string): {
  readonly answer: Json;
  readonly unusable?: string;
} {
  if (text.trim() === '') return { answer: null };
  try {
    const isDeep = isDeeperThan(JSON.parse(text) as Json, DEPTH_MAX);
    if (isDeep) return { answer: null, unusable: `is nested more than ${DEPTH_MAX} levels deep` };
    return { answer: cleanJson(readExactJson(text)) };
  } catch {
    return { answer: null, unusable: 'is not JSON' };
  }
}

function isDeeperThan(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((one) => isDeeperThan(one, depth - 1));
}
