// Colours for the examples: strings, numbers and words of JSON, shell and TypeScript. Approximate on purpose.

import { escapeHtml } from '../../core/presenters/text.ts';
import { breakable, Html } from './html.ts';

const words = 'import|from|const|await|new|true|false|null|curl|export';

const tokens = new RegExp(
  [
    /(?<comment>(?:^|(?<=\n))(?:#|\/\/)[^\n]*)/.source,
    // Of JSON; and of YAML, objects and headers, at the beginning of a line or of what follows a sign.
    /(?<key>"[^"\n]*"(?=:)|(?<=(?:^|\n)[ -]*|[{,] ?)[A-Za-z_][\w-]*(?=:(?: |\n|$)))/.source,
    /(?<string>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')/.source,
    `(?<word>\\b(?:${words})\\b)`,
    /(?<number>\b\d+\b)/.source,
  ].join('|'),
  'g',
);

/** The code as HTML, its tokens in spans. */
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
