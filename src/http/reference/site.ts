// The responses of `/`, `/docs` and `/openapi.json`, built once, on first request, since commands other than `serve` do
// not need them.

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
  /** Files below /docs/ by name: guides, and the assets of the pages. */
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

/** Headers of assets: other sites cannot embed them. */
const fileHeaders = { 'Cross-Origin-Resource-Policy': 'same-origin' };
/** The response of `GET /` depends on the Accept header. */
const homeVary = { Vary: 'Accept, Accept-Encoding' };

/** Builds the site in steps, so that other requests are served in between. */
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

/** Joins the scripts, each in a scope of its own. */
const readScript = (name: string): string => `{\n${asset(`${name}.js`)}}`;
