// The guides of docs/ as pages: which there are, in what order, and what stands around them. They are read once, from
// the folder that lies in a checkout and in the package alike.

import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Html, html } from './html.ts';
import { type Heading, type LinkReader, renderMarkdown } from './markdown.ts';
import type { MenuEntry } from './shell.ts';

export type Guide = {
  /** Of its file and its page, such as `api`. */
  readonly name: string;
  readonly title: string;
  readonly markdown: string;
  readonly html: Html;
  readonly headings: readonly Heading[];
};

/** In the order in which one reads them. What is not named comes last. */
const order = [
  'api',
  'events',
  'errors',
  'contract',
  'workflows',
  'simulate',
  'parley-yaml',
  'operating',
];

const folder = new URL('../../../docs/', import.meta.url);

/** What editors check a parley.yaml with. */
export const setupSchema = 'parley.schema.json';

export const readDocument = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

export const guideUrl = (name: string): string => `/docs/${name}`;

/** Reads and renders them all, and lets the server serve others in between. */
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
    // Each takes some milliseconds of the event loop.
    await setImmediate();
  }
  return guides;
}

const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

/** @param titles of all guides, by their names: it may link to them. */
export function makeGuide(
  name: string,
  markdown: string,
  titles: ReadonlyMap<string, string>,
): Guide {
  const rendered = renderMarkdown(markdown, linkReader(titles));
  const title = rendered.headings[0]?.title ?? name;
  return { name, title, markdown, html: new Html(rendered.html), headings: rendered.headings };
}

/** Links between guides lead to their pages; other files are not served. */
const linkReader =
  (titles: ReadonlyMap<string, string>): LinkReader =>
  (href) => {
    if (/^(https?:\/\/|mailto:|#)/.test(href)) return { url: href };
    if (href === setupSchema) return { url: `/docs/${setupSchema}` };
    const [, guide, rest] = /^(?:\.\/)?([a-z][a-z0-9-]*)\.md(#.*)?$/.exec(href) ?? [];
    if (guide === undefined || !titles.has(guide)) return null;
    return { url: guideUrl(guide) + (rest ?? ''), title: titles.get(guide) };
  };

/** The guides as a group of a menu, the one that is open with its chapters. */
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

/** A guide with the ways to its neighbours. */
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
