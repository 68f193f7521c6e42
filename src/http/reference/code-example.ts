// A block of code with its caption. The browser puts a copy button into the caption.

import { highlight } from './highlight.ts';
import { Html, html } from './html.ts';
import { originHtml, originMark, usualOrigin } from './origin.ts';

export const example = (caption: string, code: string): Html => html`
<figure>
<figcaption><span>${caption}</span></figcaption>
<pre><code>${colored(code)}</code></pre>
</figure>`;

const colored = (code: string): Html =>
  new Html(
    highlight(code.replaceAll(usualOrigin, originMark)).text.replaceAll(originMark, originHtml),
  );
