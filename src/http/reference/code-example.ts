// A block of code with its caption. A script adds a copy button to the caption.

import { highlight } from './highlight.ts';
import { Html, html } from './html.ts';
import { originHtml, originMark, usualOrigin } from './origin.ts';

/** Renders the block. @param isWide whether long lines are not wrapped; then the keyboard can scroll it. */
export const example = (caption: string, code: string, isWide = false): Html => html`
<figure>
<figcaption><span>${caption}</span></figcaption>
<pre${isWide ? new Html(' tabindex="0"') : null}><code>${colored(code)}</code></pre>
</figure>`;

const colored = (code: string): Html =>
  new Html(
    highlight(code.replaceAll(usualOrigin, originMark)).text.replaceAll(originMark, originHtml),
  );
