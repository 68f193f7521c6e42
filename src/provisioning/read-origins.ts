// Reads the origins of web pages that may read a channel's events in a browser. They must be written exactly as
// browsers send them, so that a comparison of texts is enough.

import type { FieldReader } from '../base/text-files/field-reader.ts';
import { setupLimits } from './setup-limits.ts';

/** Reads the origins; undefined if the key is absent. */
export function readOrigins(fields: FieldReader, key: string): readonly string[] | undefined {
  const list = fields.list(key, { countMax: setupLimits.allowedOrigins });
  if (list === undefined) return undefined;
  const origins = list.flatMap((value, index) => {
    const text = fields.checkText(value, [key, index], setupLimits.originCharacters);
    if (text === undefined) return [];
    const fault = originFault(text);
    if (fault !== null) fields.fault([key, index], `is not an origin: "${text}"`, fault);
    return [text];
  });
  return [...new Set(origins)];
}

/** Returns the remedy for an invalid origin; null if it is valid. */
function originFault(text: string): string | null {
  if (text.includes('*')) return 'list each origin; patterns are not supported';
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'write one such as https://app.example, with a port if it is not the default';
  }
  if (url.origin === text) return null;
  // The quoted text can be hidden if it contains an environment value.
  return `write it as browsers send it: "${url.origin}"`;
}
