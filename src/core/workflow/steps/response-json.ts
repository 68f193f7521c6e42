// The JSON of a response to a webhook call: read without changing a number, and made fit to be stored.

import { cleanJson } from '../../model/clean-json.ts';
import { readExactJson } from '../../model/exact-number.ts';
import type { Json } from '../../model/model.ts';

/** Deeper than any pointer in a workflow leads; far below what would be too deep for those who handle it. */
const DEPTH_MAX = 64;

/** What a response says, or why it is of no use. One without a body, such as a 204, says nothing, which is no fault. */
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
