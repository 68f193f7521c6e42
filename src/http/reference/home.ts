// The page that `GET /` shows to people: what this server is, and links to the documentation.

import type { Release } from '../../base/release.ts';
import { type Guide, guideUrl } from './guides.ts';
import { html } from './html.ts';
import { brand, renderPage } from './shell.ts';

const subjects: Readonly<Record<string, string>> = {
  api: 'What each call does, and what is safe to repeat.',
  events: 'Outbound events for your app: callback, stream, polling.',
  errors: 'Every error, and what to do about it.',
  contract: 'The exact behaviour of the API, row by row.',
  workflows: 'Automations as files: steps, conditions, templates.',
  simulate: 'Test a workflow without a server.',
  'parley-yaml': 'Every key of the setup file.',
  inbox: 'Answering in the browser.',
  operating: 'Settings, backup, health, upgrades.',
};

/** Renders the page. */
export const renderHome = (release: Release, guides: readonly Guide[]): string =>
  renderPage({
    title: 'Parley',
    description: 'A Parley server: the Custom Channel Events API, self-hosted.',
    navigation: null,
    mainName: 'content',
    version: release.version,
    content: html`
${brand(release.version)}
<h1>This is a Parley server</h1>
<p class="lead">It serves the Custom Channel Events API (Intercom REST API 2.14) to apps that have a token, runs
workflows, and sends signed events back.</p>
<p><a href="/app">Open the inbox</a> for teammates.</p>
<h2 id="read">Read</h2>
<ul class="cards">
<li><a href="/docs"><strong>API reference</strong>Every call and event, with examples to copy and to try.</a></li>
${guides.map(
  ({ name, title }) => html`
<li><a href="${guideUrl(name)}"><strong>${title}</strong>${subjects[name] ?? 'A guide.'}</a></li>`,
)}
</ul>
<h2 id="check">Check</h2>
<ul>
<li><a href="/healthz">/healthz</a>: whether the process is alive</li>
<li><a href="/readyz">/readyz</a>: whether requests can be served</li>
<li><a href="/openapi.json">/openapi.json</a>: the API for programs</li>
</ul>`,
  });
