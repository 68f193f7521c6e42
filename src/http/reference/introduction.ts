// The first words of the reference page: where to send, with what token, and the rules that hold for every call.

import { example } from './code-example.ts';
import { Html, html } from './html.ts';
import { originHtml, usualOrigin } from './origin.ts';

export const introduction = html`
<h2 id="token">Address and token</h2>
<p>Send requests to <code>${new Html(originHtml)}</code> with an access token. The first start of Parley prints one, and
<code>parley token create</code> makes more. The curl examples read it from <code>PARLEY_TOKEN</code>.</p>
${example(
  'Shell',
  `export PARLEY_TOKEN='your access token'
curl -sS ${usualOrigin}/me -H "Authorization: Bearer $PARLEY_TOKEN"`,
)}
<h2 id="rules">Good to know</h2>
<ul class="rules">
<li><strong>200 means stored.</strong> The answer comes after the commit. After a 4xx nothing of the request was
kept; after a 5xx or no answer, repeat it.</li>
<li><strong>Repeating is safe.</strong> The same <code>event_id</code> with the same content gives the first answer
again, marked <code>Idempotent-Replayed: true</code>. With other content it is refused with 422.</li>
<li><strong>You use your own ids.</strong> <code>contact.external_id</code> names the person within the workspace,
<code>external_conversation_id</code> the conversation within the channel.</li>
<li><strong>Repeat 408, 429 and 5xx.</strong> Wait for <code>Retry-After</code> if it is there. The SDK does it by
itself.</li>
<li><strong>Ids are texts.</strong> Up to 255 characters, case-sensitive, not trimmed. Integers are taken as their
decimal text.</li>
<li><strong>The rest is in the guides.</strong> <a href="/docs/api">What each call does</a>,
<a href="/docs/events">how events reach you</a>, and <a href="/docs/errors">every error</a> with its remedy.</li>
</ul>`;
