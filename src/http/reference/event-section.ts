// One outbound event of the reference page: the body that a callback receives, and the effect of its responses.

import type { OpenApiDocument, Operation } from '../openapi/types.ts';
import { example } from './code-example.ts';
import { fieldList, fieldsOf } from './fields.ts';
import { type Html, html, sentence } from './html.ts';
import { methodBadge } from './method-badge.ts';

export type EventCall = { readonly name: string; readonly operation: Operation };

export const eventsOf = ({ webhooks }: OpenApiDocument): readonly EventCall[] =>
  Object.entries(webhooks).map(([name, { post }]) => ({ name, operation: post }));

/** Renders the headers of every callback. */
export function callbackHeaders({ components }: OpenApiDocument): Html {
  const headers = Object.values(components.parameters).filter(
    ({ name }) => name !== 'Intercom-Version',
  );
  const fields = headers.map(({ name, description, required }) => ({
    name,
    type: '',
    isRequired: required,
    description,
  }));
  return html`
<h3 id="callback-headers">Headers of every callback</h3>
${fieldList(fields, null)}
<p class="more">How to check them, and what happens after a failure: <a href="/docs/events">the guide</a>.</p>`;
}

export function eventSection({ name, operation }: EventCall, document: OpenApiDocument): Html {
  const { operationId, summary, requestBody, responses } = operation;
  const json = requestBody?.content['application/json'];
  const fields = fieldsOf(json?.schema ?? {}, document.components.schemas);
  const meanings = Object.entries(responses).map(([status, { description }]) => ({
    name: status,
    type: '',
    isRequired: false,
    description,
  }));
  return html`
<article class="operation" id="${operationId}" aria-labelledby="${operationId}-title">
<h3 id="${operationId}-title"><a href="#${operationId}">${sentence(summary)}</a></h3>
<p class="route">${methodBadge('EVENT')}<code>${name}</code></p>
<div class="columns">
<div class="words">
<h4>Body</h4>
${fieldList(fields, 'always')}
<h4>Your response</h4>
${fieldList(meanings, null)}
</div>
<div class="samples">
${example('Body', JSON.stringify(json?.example ?? {}, null, 2))}
</div>
</div>
</article>`;
}
