// All that `/`, `/docs` and `/openapi.json` send: made once, when it is first asked for, since commands that serve
// nothing need none of it.

import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Release } from '../../base/release.ts';
import type { OpenApiDocument } from '../openapi/types.ts';
import {
  type Guide,
  guideContent,
  guideMenu,
  readDocument,
  readGuides,
  setupSchema,
} from './guides.ts';
import { renderHome } from './home.ts';
import { homeFacts } from './home-facts.ts';
import { callsOf, referenceMenu, renderReference } from './page.ts';
import { searchIndex } from './search-index.ts';
import { menu, pageHeaders, renderPage } from './shell.ts';
import { StaticText } from './static-text.ts';

export type Site = {
  readonly openApi: StaticText;
  readonly home: { readonly page: StaticText; readonly facts: StaticText };
  readonly reference: StaticText;
  /** What lies below /docs/, by its name: guides, and the files that the pages need. */
  readonly files: ReadonlyMap<string, StaticText>;
};

const scripts = ['origin', 'copy', 'search', 'try-it'];

const types = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
} as const;

/** For files of a page: of no use to other sites. */
const fileHeaders = { 'Cross-Origin-Resource-Policy': 'same-origin' };
/** `GET /` answers by what is accepted. */
const homeVary = { Vary: 'Accept, Accept-Encoding' };

/** In steps between which the server serves others. */
export async function makeSite(document: OpenApiDocument, release: Release): Promise<Site> {
  const guides = await readGuides();
  await setImmediate();
  const page = (text: string, headers = {}) =>
    new StaticText(types.html, text, { ...pageHeaders, ...headers });
  const file = (type: keyof typeof types, text: string) =>
    new StaticText(types[type], text, fileHeaders);
  const index = searchIndex(document, callsOf(document), guides);
  const facts = `${JSON.stringify(homeFacts(release))}\n`;
  return {
    openApi: new StaticText(types.json, `${JSON.stringify(document, null, 2)}\n`),
    home: {
      page: page(renderHome(release, guides), homeVary),
      facts: new StaticText(types.json, facts, homeVary),
    },
    reference: page(renderReference(document, guides)),
    files: new Map([
      ...guides.flatMap((guide): [string, StaticText][] => [
        [guide.name, page(renderGuide(guide, guides, document))],
        [`${guide.name}.md`, file('md', guide.markdown)],
      ]),
      ['parley.css', file('css', asset('parley.css'))],
      ['parley.js', file('js', scripts.map(readScript).join('\n'))],
      [setupSchema, file('json', readDocument(setupSchema))],
      ['search.json', file('json', JSON.stringify(index))],
    ]),
  };
}

const renderGuide = (guide: Guide, guides: readonly Guide[], document: OpenApiDocument): string =>
  renderPage({
    title: `${guide.title}: Parley`,
    description: `${guide.title}: a guide of Parley.`,
    navigation: menu([guideMenu(guides, guide), referenceMenu(document)]),
    mainName: 'guide',
    version: document.info.version,
    content: guideContent(guide, guides),
  });

const asset = (name: string): string =>
  readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');

/** Each script keeps its names to itself. */
const readScript = (name: string): string => `{\n${asset(`${name}.js`)}}`;
