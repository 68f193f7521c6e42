// The frame of every page: head, menu, and the security headers. A page loads only this server's own style sheet and
// script.

import { breakable, Html, html } from './html.ts';
import { methodBadge } from './method-badge.ts';

/** Allows nothing from other servers, nothing inline, and no text that becomes markup in the browser. */
export const pageHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
} as const;

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true"><path fill="#0a6b61" d="M6 4h20a4 4 0 0 1 4 4v11a4 4 0 0 1-4 4H15l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4Z"/><path stroke="#fff" stroke-width="2.5" stroke-linecap="round" d="M9 11h14M9 16h9"/></svg>';

export type Page = {
  readonly title: string;
  readonly description: string;
  /** The side menu; null: none. */
  readonly navigation: Html | null;
  /** The name of the main part, for the skip link. */
  readonly mainName: string;
  readonly version: string;
  readonly content: Html;
};

/** Renders a whole page. */
export const renderPage = (page: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${page.description}">
<title>${page.title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<link rel="stylesheet" href="/docs/parley.css">
${page.navigation === null ? null : html`<script type="module" src="/docs/parley.js"></script>`}
</head>
<body class="${page.navigation === null ? 'home' : 'beside'}">
<a class="skip" href="#main">Skip to the ${page.mainName}</a>
${page.navigation === null ? null : sideOf(page.navigation, page.version)}
<main id="main" tabindex="-1">
${page.content}
</main>
</body>
</html>
`.text;

export const brand = (version: string): Html =>
  html`<p class="brand">${new Html(icon)}<a href="/">Parley</a> <span>${version}</span></p>`;

const sideOf = (navigation: Html, version: string): Html => html`
<header class="side">
${brand(version)}
<div class="search" role="search" hidden>
<input type="search" role="combobox" aria-expanded="false" aria-controls="results" aria-autocomplete="list"
aria-label="Search calls, events, errors and guides" placeholder="Search" autocomplete="off" spellcheck="false">
<kbd aria-hidden="true">/</kbd>
<div class="results" id="results" role="listbox" aria-label="Results" hidden></div>
<p role="status"></p>
</div>
<nav class="wide" aria-label="Documentation">${navigation}</nav>
<details class="narrow"><summary>Contents</summary>
<nav aria-label="Contents">${navigation}</nav>
</details>
</header>`;

export type MenuEntry = {
  readonly title: string;
  readonly url: string;
  readonly badge?: string;
  readonly isHere?: boolean;
  readonly inner?: readonly MenuEntry[];
};

/** Renders a menu. */
export const menu = (groups: readonly MenuEntry[]): Html => html`<ul>${groups.map(
  ({ inner = [], ...group }) => html`
<li>${menuLink(group, 'tag')}
${inner.length === 0 ? null : html`<ul>${inner.map(menuItem)}</ul>`}</li>`,
)}
</ul>`;

const menuItem = ({ inner = [], ...entry }: MenuEntry): Html => html`
<li>${menuLink(entry, 'leaf')}${
  inner.length === 0 ? null : html`<ul class="within">${inner.map(menuItem)}</ul>`
}</li>`;

function menuLink({ title, url, badge, isHere }: MenuEntry, kind: string): Html {
  const here = isHere ? new Html(' aria-current="page"') : null;
  const mark = badge === undefined ? null : methodBadge(badge);
  return html`<a class="${kind}" href="${url}"${here}>${mark}<span>${breakable(title)}</span></a>`;
}
