// Syntax highlighting of examples: strings, numbers and keywords of JSON, YAML, shell and TypeScript. Approximate on
// purpose.

import { escapeHtml } from '../../core/presenters/text.ts';
import { breakable, Html } from './html.ts';

const words = 'import|from|const|await|new|true|false|null|curl|export';

const tokens = new RegExp(
  [
    /(?<comment>(?:^|(?<=\n))(?:#|\/\/)[^\n]*)/.source,
    // Keys of JSON; and keys of YAML, objects and headers, at the start of a line or after punctuation.
    /(?<key>"[^"\n]*"(?=:)|(?<=(?:^|\n)[ -]*|[{,] ?)[A-Za-z_][\w-]*(?=:(?: |\n|$)))/.source,
    /(?<string>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')/.source,
    `(?<word>\\b(?:${words})\\b)`,
    /(?<number>\b\d+\b)/.source,
  ].join('|'),
  'g',
);

/** Renders code as HTML with a span for each token. */
export function highlight(code: string): Html {
  let text = '';
  let end = 0;
  for (const match of code.matchAll(tokens)) {
    const kind = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined)?.[0];
    text += breakable(code.slice(end, match.index)).text;
    text += `<span class="${kind}">${escapeHtml(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return new Html(text + breakable(code.slice(end)).text);
}
