// One operation of the reference page: description and fields beside examples.

import { type ErrorName, errorCatalogue } from '../../contract/errors.ts';
import { errorGuide } from '../openapi/error-guide.ts';
import type { MediaType, OpenApiDocument, Parameter } from '../openapi/types.ts';
import { example } from './code-example.ts';
import { type Call, curlExample, sdkExample } from './examples.ts';
import { type Field, fieldList, fieldsOf } from './fields.ts';
import { breakable, type Html, html, sentence } from './html.ts';
import { methodBadge } from './method-badge.ts';
import { errorUrl } from './search-index.ts';
import { tryForm } from './try-form.ts';

/** Renders the operation. @param isCommon whether an error, by name, is explained once for all calls. */
export function operationSection(
  call: Call,
  { components }: OpenApiDocument,
  isCommon: (name: string) => boolean,
): Html {
  const { operation, method, path } = call;
  const { operationId, summary, description } = operation;
  return html`
<article class="operation" id="${operationId}" aria-labelledby="${operationId}-title">
<h3 id="${operationId}-title"><a href="#${operationId}">${summary}</a></h3>
<p class="route">${methodBadge(method)}<code>${breakable(path)}</code></p>
<div class="columns">
<div class="words">
${description === undefined ? null : html`<p>${sentence(description)}</p>`}
${parameterPart(call)}
${bodyPart(call, components.schemas)}
${responsePart(call, components.schemas)}
${errorPart(call, isCommon)}
</div>
<div class="samples">
${example('curl', curlExample(call))}
${maybeExample('SDK', sdkExample(call))}
${responseExamples(call)}
${tryForm(call)}
</div>
</div>
</article>`;
}

const maybeExample = (caption: string, code: string | null): Html | null =>
  code === null ? null : example(caption, code);

function parameterPart({ operation }: Call): Html | null {
  const own = (operation.parameters ?? []).filter(
    (parameter): parameter is Parameter => 'name' in parameter,
  );
  if (own.length === 0) return null;
  const fields = own.map(
    (parameter): Field => ({
      name: parameter.name,
      type: `in the ${parameter.in}`,
      isRequired: parameter.required,
      description: parameter.description,
    }),
  );
  return html`<h4>Parameters</h4>${fieldList(fields, 'required')}`;
}

const jsonOf = (content: Readonly<Record<string, MediaType>> | undefined): MediaType | undefined =>
  content?.['application/json'];

type Schemas = OpenApiDocument['components']['schemas'];

function bodyPart({ operation }: Call, schemas: Schemas): Html | null {
  const schema = jsonOf(operation.requestBody?.content)?.schema;
  if (schema === undefined) return null;
  return html`<h4>Body</h4>${fieldList(fieldsOf(schema, schemas), 'required')}`;
}

function responsePart({ operation }: Call, schemas: Schemas): Html | null {
  const schema = jsonOf(operation.responses['200']?.content)?.schema;
  if (schema === undefined) return null;
  const fields = fieldsOf(schema, schemas);
  const list = fieldList(fields, null);
  if (fields.length <= 6) return html`<h4>Answer</h4>${list}`;
  return html`<h4>Answer</h4>
<details><summary>${fields.length} fields</summary>${list}</details>`;
}

function errorPart({ operation }: Call, isCommon: (name: string) => boolean): Html | null {
  if (operation.security.length === 0) return null;
  const names = errorNames(operation.responses).filter((name) => !isCommon(name));
  const others = html`<a href="#errors">the errors of every call</a>`;
  if (names.length === 0) return html`<h4>Errors</h4><p>None of its own: ${others}.</p>`;
  return html`<h4>Errors</h4>${errorTable(names)}<p class="more">And ${others}.</p>`;
}

function errorNames(responses: Call['operation']['responses']): readonly ErrorName[] {
  return Object.values(responses).flatMap(({ content }) =>
    Object.keys(jsonOf(content)?.examples ?? {}),
  ) as ErrorName[];
}

/** Renders errors with their cause and remedy. */
export function errorTable(names: readonly ErrorName[]): Html {
  const sorted = names.toSorted((a, b) => errorCatalogue[a].status - errorCatalogue[b].status);
  const rows = sorted.map((name) => {
    const { status, code } = errorCatalogue[name];
    const { when, remedy } = errorGuide[name];
    return html`
<tr><td>${status}</td><td><a href="${errorUrl(name)}"><code>${breakable(code)}</code></a></td>
<td>${sentence(when)} <span class="remedy">${sentence(remedy)}</span></td></tr>`;
  });
  return html`
<div class="scroll"><table>
<thead><tr>
<th scope="col">Status</th><th scope="col">Code</th><th scope="col">When, and what to do</th>
</tr></thead>
<tbody>${rows}
</tbody>
</table></div>`;
}

function responseExamples({ operation }: Call): readonly Html[] {
  return Object.entries(operation.responses).flatMap(([status, { content }]) => {
    const value = jsonOf(content)?.example;
    return value === undefined
      ? []
      : [example(`Response ${status}`, JSON.stringify(value, null, 2))];
  });
}
