// Renders Markdown as HTML with markdown-it, which follows CommonMark and lets no HTML through. Adds anchors, links
// between guides, and examples that can be copied.

import MarkdownIt, { type Token } from 'markdown-it';
import { escapeHtml } from '../../core/presenters/text.ts';
import { example } from './code-example.ts';
import { breakable } from './html.ts';

export type Heading = {
  readonly id: string;
  readonly title: string;
  readonly level: number;
  /** The text up to the next heading, without markup. */
  readonly text: string;
};

export type Rendered = { readonly html: string; readonly headings: readonly Heading[] };

/** Resolves a link: its URL, and a title to use if its text is only a file name; null for a file that is not served. */
export type LinkReader = (
  href: string,
) => { readonly url: string; readonly title?: string | undefined } | null;

const captions: Readonly<Record<string, string>> = {
  sh: 'Shell',
  ts: 'TypeScript',
  json: 'JSON',
  yaml: 'YAML',
  http: 'HTTP',
  '': 'Text',
};

// HTML is parsed so that it can be removed.
const markdown = new MarkdownIt({ html: true });
setRules();

/** Renders Markdown. @param readLink resolves the links of the text. */
export function renderMarkdown(text: string, readLink: LinkReader): Rendered {
  const tokens = markdown.parse(text, {});
  const headings = anchorHeadings(tokens);
  anchorRows(tokens);
  for (const { children } of tokens) leadLinks(children ?? [], readLink);
  return { html: markdown.renderer.render(tokens, markdown.options, {}), headings };
}

function setRules(): void {
  const { rules } = markdown.renderer;
  rules.html_block = () => '';
  rules.html_inline = (tokens, index) => anchorOrNothing(tokens[index]!.content);
  rules.fence = (tokens, index) => {
    const { info, content } = tokens[index]!;
    const language = info.trim().split(/\s/)[0]!;
    return example(captions[language] ?? language, content.trimEnd(), true).text;
  };
  rules.code_inline = (tokens, index) => `<code>${breakable(tokens[index]!.content).text}</code>`;
  // Keyboard users must be able to reach a scrollable region.
  rules.table_open = () =>
    '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>\n';
  rules.table_close = () => '</table></div>\n';
  // markdown-it aligns columns with inline styles, which the pages' security policy forbids.
  rules.th_open = () => '<th scope="col">';
  rules.td_open = () => '<td>';
  rules.heading_close = (tokens, index) => {
    const { tag, meta } = tokens[index]!;
    const { id, title } = meta as Heading;
    const label = `Link to “${escapeHtml(title)}”`;
    return `<a class="anchor" href="#${id}" aria-label="${label}">#</a></${tag}>\n`;
  };
}

/** Removes all HTML, comments included, except the anchors of rows. */
function anchorOrNothing(content: string): string {
  const [, id] = /^<a id="([a-z0-9-]+)">$/.exec(content) ?? [];
  if (id !== undefined) return `<a id="${id}">`;
  return content === '</a>' ? '</a>' : '';
}

/** Builds the id of a heading as GitHub does, so that links work on both sites. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

function anchorHeadings(tokens: readonly Token[]): readonly Heading[] {
  const used = new Map<string, number>();
  const found: Heading[] = [];
  let texts: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      const title = plainText(tokens[index + 1]!);
      const base = anchorOf(title);
      const count = used.get(base) ?? 0;
      used.set(base, count + 1);
      const id = count === 0 ? base : `${base}-${count}`;
      texts = [];
      const heading = { id, title, level: Number(token.tag[1]), text: '' };
      found.push(heading);
      token.attrSet('id', id);
      tokens[index + 2]!.meta = heading;
    } else if (found.length > 0 && (token.type === 'inline' || token.type === 'fence')) {
      const last = found.at(-1)!;
      const text = token.type === 'fence' ? token.content : plainText(token);
      if (text === last.title && tokens[index - 1]?.type === 'heading_open') continue;
      texts.push(text);
      found[found.length - 1] = { ...last, text: texts.join(' ').replaceAll(/\s+/g, ' ') };
    }
  }
  return found;
}

/** Gives a row an anchor if its first cell is one word of code, such as the name of an error. */
function anchorRows(tokens: readonly Token[]): void {
  const used = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    const first = token.type === 'tr_open' ? tokens[index + 2] : undefined;
    if (first?.type !== 'inline' || !/^[a-z]+([A-Z][a-z]*)+$/.test(first.content)) continue;
    if (used.has(first.content)) continue;
    used.add(first.content);
    token.attrSet('id', first.content);
  }
}

function leadLinks(tokens: readonly Token[], readLink: LinkReader): void {
  let elsewhere = false;
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'link_open') {
      const href = String(token.attrGet('href'));
      const target = readLink(href);
      elsewhere = target === null;
      if (target === null) {
        token.tag = 'span';
        token.attrs = [
          ['class', 'elsewhere'],
          ['title', `In the repository: ${href.replace(/^(\.\.\/)+/, '')}`],
        ];
      } else {
        token.attrSet('href', target.url);
        const text = tokens[index + 1];
        if (target.title && text && /^[a-z-]+\.md$/.test(text.content)) text.content = target.title;
      }
    } else if (token.type === 'link_close' && elsewhere) {
      token.tag = 'span';
      elsewhere = false;
    }
  }
}

const plainText = ({ children }: Token): string =>
  (children ?? [])
    .filter(({ type }) => !/^html/.test(type))
    .map(({ type, content }) => (type === 'softbreak' ? ' ' : content))
    .join('');
