// Reads which web pages may read the events of a channel in a browser: origins, written exactly as browsers send them,
// so that comparing them is comparing texts.

import type { FieldReader } from '../base/text-files/field-reader.ts';
import { setupLimits } from './setup-limits.ts';

/** The origins; undefined when none are written. */
export function readOrigins(fields: FieldReader, key: string): readonly string[] | undefined {
  const list = fields.list(key, { countMax: setupLimits.allowedOrigins });
  if (list === undefined) return undefined;
  const origins = list.flatMap((value, index) => {
    const text = fields.checkText(value, [key, index], setupLimits.originCharacters);
    if (text === undefined) return [];
    const fault = originFault(text);
    if (fault !== null) fields.fault([key, index], `is no origin: "${text}"`, fault);
    return [text];
  });
  return [...new Set(origins)];
}

/** What to write instead; null if it is an origin as browsers send it. */
function originFault(text: string): string | null {
  if (text.includes('*')) return 'name each origin; there are no patterns';
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'write one such as https://app.example, with a port if it is not the usual one';
  }
  if (url.origin === text) return null;
  // What repeats a text of the file stands in quotes, so that it can be hidden.
  return `write it as browsers send it: "${url.origin}"`;
}
