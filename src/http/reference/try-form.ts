// The form that tries a call on this server. Hidden until the script that sends it has loaded.

import type { Parameter } from '../openapi/types.ts';
import { type Call, exampleBody } from './examples.ts';
import { Html, html } from './html.ts';

export function tryForm(call: Call): Html {
  const { operation, method, path } = call;
  const parameters = (operation.parameters ?? []).filter(
    (parameter): parameter is Parameter => 'name' in parameter,
  );
  const body = exampleBody(call);
  const changes = method === 'GET' ? 'Reads from' : 'Changes things on';
  const accept = Object.keys(operation.responses['200']?.content ?? {})[0] ?? '*/*';
  return html`
<details class="try" hidden>
<summary>Try it</summary>
<form data-method="${method}" data-path="${path}" data-accept="${accept}" autocomplete="off">
<p class="note">${changes} the server that you loaded this page from.</p>
${operation.security.length === 0 ? null : tokenField}
${parameters.map(parameterField)}
${body === undefined ? null : bodyField(JSON.stringify(body, null, 2))}
<p class="actions"><button type="submit">Send</button><button type="button" class="stop" hidden>Stop</button></p>
<output></output>
</form>
</details>`;
}

/** The token field. It is not a password field, because browsers offer to store passwords. */
const tokenField = html`
<label><span>Access token <small>stays on this page until you leave it</small></span>
<input name="token" class="secret" autocomplete="off" autocapitalize="off" spellcheck="false"></label>`;

const parameterField = ({ name, in: place, required, example }: Parameter): Html => html`
<label><span><code>${name}</code> <small>in the ${place}${required ? ', required' : ''}</small></span>
<input name="${name}" data-in="${place}" autocomplete="off" spellcheck="false"${
  required
    ? html` required value="${String(example ?? '')}"`
    : html` placeholder="${example === undefined ? '' : `for example ${example}`}"`
}></label>`;

const bodyField = (text: string): Html => html`
<label><span>Body</span>
<textarea name="body" rows="${Math.min(text.split('\n').length + 1, 18)}" spellcheck="false"
autocomplete="off">${new Html('\n')}${text}</textarea></label>`;
