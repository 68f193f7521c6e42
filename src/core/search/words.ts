// The words of a text, as `source.body` is searched (contract G 2): what stands between white space and punctuation, in
// lower case. Separators are named one by one, so that store/search/ can split the same text in the same way.

import type { Json } from '../model/model.ts';

/** The inside of a character class that JavaScript and PostgreSQL read alike: all but `_` of ASCII's punctuation. */
export const separators = [
  String.raw`\u0001-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8`,
  String.raw`\u00bb\u00bf\u00d7\u00f7\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u245f\u2500-\u27bf`,
  String.raw`\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\ufe10-\ufe1f\ufe30-\ufe6f\ufeff`,
  String.raw`\uff00-\uff0f\uff1a-\uff20\uff3b-\uff3e\uff40\uff5b-\uff65`,
].join('');

const separator = new RegExp(`[${separators}]+`, 'u');

/** The words of a text, or of several; none of anything else. */
export function wordsOf(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one: Json) => wordsOf(one));
  if (typeof value !== 'string') return [];
  return value
    .toLowerCase()
    .split(separator)
    .filter((word) => word !== '');
}
