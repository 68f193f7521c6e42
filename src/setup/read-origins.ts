// Reads which web pages may read the events of a channel in a browser: origins, written exactly as browsers send them,
// so that comparing them is comparing texts.

import type { FieldReader } from '../core/workflow/read-fields.ts';

const ORIGINS_MAX = 50;
const ORIGIN_CHARACTERS_MAX = 300;

/** The origins; undefined when none are written. */
export function readOrigins(fields: FieldReader, key: string): readonly string[] | undefined {
  const list = fields.list(key);
  if (list === undefined) return undefined;
  if (list.length > ORIGINS_MAX) {
    fields.fault([key], `has ${list.length} entries`, `write at most ${ORIGINS_MAX}`);
    return [];
  }
  const origins = list.flatMap((value, index) => {
    const text = fields.checkText(value, [key, index], ORIGIN_CHARACTERS_MAX);
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
  return `write it as browsers send it: ${url.origin}`;
}
