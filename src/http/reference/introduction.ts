// The introduction of the reference page: address, token, and the rules of every call.

import { example } from './code-example.ts';
import { Html, html } from './html.ts';
import { originHtml, usualOrigin } from './origin.ts';

export const introduction = html`
<h2 id="token">Address and token</h2>
<p>Send requests to <code>${new Html(originHtml)}</code> with an access token. The first start of Parley prints one, and
<code>parley token create</code> creates more. The curl examples read it from <code>PARLEY_TOKEN</code>.</p>
${example(
  'Shell',
  `export PARLEY_TOKEN='your access token'
curl -sS ${usualOrigin}/me -H "Authorization: Bearer $PARLEY_TOKEN"`,
)}
<h2 id="rules">Good to know</h2>
<ul class="rules">
<li><strong>200 means stored.</strong> The response is sent after the commit. After a 4xx nothing of the request was
stored; after a 5xx or without a response, retry it.</li>
<li><strong>Repeating is safe.</strong> The same <code>event_id</code> with the same content gets the first response
again, marked <code>Idempotent-Replayed: true</code>. With other content it gets 422.
Calls without an <code>event_id</code> accept the header <code>Idempotency-Key</code>.</li>
<li><strong>You use your own ids.</strong> <code>contact.external_id</code> identifies the person in the workspace,
<code>external_conversation_id</code> the conversation in the channel.</li>
<li><strong>Retry 408, 429 and 5xx.</strong> Wait for <code>Retry-After</code> if it is there. The SDK retries by
itself.</li>
<li><strong>Ids are texts.</strong> Up to 255 characters, case-sensitive, not trimmed. Integers are accepted as their
decimal text.</li>
<li><strong>The rest is in the guides.</strong> <a href="/docs/api">What each call does</a>,
<a href="/docs/events">how events reach you</a>, and <a href="/docs/errors">every error</a> with its remedy.</li>
</ul>`;
