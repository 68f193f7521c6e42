// The page in place of the web app while it is being built, or where it was not built.

import { webBuild } from '../../base/web-build.ts';
import { html } from '../reference/html.ts';

/** Renders the page, which needs no style or script. */
export const notBuiltPage = (): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Parley</title>
</head>
<body>
<main>
<h1>${webBuild.isCheckout ? 'The web app is being built' : 'The web app is not in this installation'}</h1>
${
  webBuild.isCheckout
    ? html`<p>This page loads again every second. If it stays, the log of the server says why
(web.build_failed or web.not_built).</p>`
    : html`<p>The API works. Install the published package or the image to have the app.</p>`
}
<p><a href="/docs">Documentation of this server</a></p>
</main>
</body>
</html>
`.text;
