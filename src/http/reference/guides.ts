// The guides of docs/ as pages: their order, and the menu around them. They are read once, from the folder that both
// a checkout and the package have.

import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Html, html } from './html.ts';
import { type Heading, type LinkReader, renderMarkdown } from './markdown.ts';
import type { MenuEntry } from './shell.ts';

export type Guide = {
  /** The name of its file and its page, such as `api`. */
  readonly name: string;
  readonly title: string;
  readonly markdown: string;
  readonly html: Html;
  readonly headings: readonly Heading[];
};

/** The reading order. Guides that are not listed come last. */
const order = [
  'api',
  'api-contacts',
  'api-conversations',
  'api-search',
  'api-data-attributes',
  'api-admins',
  'api-segments',
  'api-companies',
  'events',
  'errors',
  'contract',
  'workflows',
  'simulate',
  'parley-yaml',
  'inbox',
  'operating',
];

const folder = new URL('../../../docs/', import.meta.url);

/** The file with which editors check a parley.yaml. */
export const setupSchema = 'parley.schema.json';

export const readDocument = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

export const guideUrl = (name: string): string => `/docs/${name}`;

/** Reads and renders all guides, without blocking the event loop for long. */
export async function readGuides(): Promise<readonly Guide[]> {
  const names = readdirSync(folder)
    .filter((file) => /^[a-z][a-z0-9-]*\.md$/.test(file))
    .map((file) => file.slice(0, -'.md'.length));
  const texts = new Map(names.map((name) => [name, readDocument(`${name}.md`)]));
  const titles = new Map(
    [...texts].map(([name, text]) => [name, /^# (.+)$/m.exec(text)?.[1] ?? name]),
  );
  const guides: Guide[] = [];
  for (const name of names.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    guides.push(makeGuide(name, texts.get(name)!, titles));
    // Each guide takes a few milliseconds.
    await setImmediate();
  }
  return guides;
}

const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

/** Renders a guide. @param titles of all guides, by name, for links to them. */
export function makeGuide(
  name: string,
  markdown: string,
  titles: ReadonlyMap<string, string>,
): Guide {
  const rendered = renderMarkdown(markdown, linkReader(titles));
  const title = rendered.headings[0]?.title ?? name;
  return { name, title, markdown, html: new Html(rendered.html), headings: rendered.headings };
}

/** Resolves links of a guide: those to other guides lead to their pages; other files are not served. */
const linkReader =
  (titles: ReadonlyMap<string, string>): LinkReader =>
  (href) => {
    if (/^(https?:\/\/|mailto:|#)/.test(href)) return { url: href };
    if (href === setupSchema) return { url: `/docs/${setupSchema}` };
    const [, guide, rest] = /^(?:\.\/)?([a-z][a-z0-9-]*)\.md(#.*)?$/.exec(href) ?? [];
    if (guide === undefined || !titles.has(guide)) return null;
    return { url: guideUrl(guide) + (rest ?? ''), title: titles.get(guide) };
  };

/** Builds the menu entry of the guides; the open guide lists its chapters. */
export const guideMenu = (guides: readonly Guide[], here?: Guide): MenuEntry => ({
  title: 'Guides',
  url: guideUrl(guides[0]?.name ?? ''),
  inner: guides.map((guide) => ({
    title: guide.title,
    url: guideUrl(guide.name),
    isHere: guide === here,
    inner: guide === here ? chapters(guide) : [],
  })),
});

const chapters = ({ headings }: Guide): readonly MenuEntry[] =>
  headings.filter(({ level }) => level === 2).map(({ id, title }) => ({ title, url: `#${id}` }));

/** Renders the page of a guide, with links to the previous and next one. */
export function guideContent(guide: Guide, guides: readonly Guide[]): Html {
  const place = guides.indexOf(guide);
  const before = guides[place - 1];
  const after = guides[place + 1];
  return html`
<article class="guide">
${guide.html}
</article>
<nav class="pager" aria-label="Neighbours">
${before === undefined ? null : html`<a href="${guideUrl(before.name)}"><span>Before</span>${before.title}</a>`}
${after === undefined ? null : html`<a class="next" href="${guideUrl(after.name)}"><span>Next</span>${after.title}</a>`}
</nav>
<footer><p>This page as Markdown: <a href="/docs/${guide.name}.md">${guide.name}.md</a>.</p></footer>`;
}
