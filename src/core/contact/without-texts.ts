// Removes what JSON of the wire says about a person, and keeps its shape. Pure.

import type { Json } from '../model/model.ts';

/** Fields whose texts are ids of ours or words of the contract. */
const keptTexts: ReadonlySet<string> = new Set(['type', 'id', 'role', 'state', 'part_type']);

/** Returns the JSON with null for every other text, and without custom attributes. */
export function withoutTexts(json: Json, name = ''): Json {
  if (typeof json === 'string') return keptTexts.has(name) ? json : null;
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) {
    // Their ids are the app's.
    return name === 'external_references' ? [] : json.map((entry) => withoutTexts(entry));
  }
  if (name === 'custom_attributes') return {};
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, withoutTexts(value, key)]),
  );
}
