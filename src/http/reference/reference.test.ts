import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { readRelease } from '../../base/release.ts';
import { openApiDocument } from '../openapi.ts';
import { routes } from '../routes/index.ts';
import { curlExample, sdkMethods } from './examples.ts';
import { fieldsOf } from './fields.ts';
import { highlight } from './highlight.ts';
import { html, sentence } from './html.ts';
import { originOf } from './origin.ts';
import { renderReference } from './page.ts';

const document = openApiDocument(routes, readRelease());

test('html: text with markup in it, it is escaped wherever it stands', () => {
  const evil = `<img src=x onerror="alert('1')">&`;
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
  assert.equal(html`<p title="${evil}">${evil}</p>`.text, `<p title="${escaped}">${escaped}</p>`);
  assert.equal(sentence(`a \`${evil}\``).text, `a <code>${escaped}</code>`);
  assert.equal(html`${[html`<i>${1}</i>`, html`<i>${'2'}</i>`]}${null}`.text, '<i>1</i><i>2</i>');
  const shown = highlight(`{ "${evil}": '${evil}' }`).text;
  assert.doesNotMatch(shown, /<img/);
});

test('reference page: a document with markup in its texts, none of it becomes markup', () => {
  const [first, ...rest] = routes;
  const hostile = [{ ...first!, summary: '<script>1</script>', description: '<b>2</b>' }, ...rest];
  const page = renderReference(openApiDocument(hostile, readRelease())).html;
  assert.doesNotMatch(page, /<script|<b>2/);
  assert.match(page, /&lt;script&gt;1/);
});

test('origin: hosts as browsers send them, they are taken; anything else gets the usual address', () => {
  assert.equal(originOf({ host: 'parley.example:8080' }), 'http://parley.example:8080');
  assert.equal(originOf({ host: '[::1]:3000' }), 'http://[::1]:3000');
  const behindProxy = { host: 'parley.example', 'x-forwarded-proto': 'https' };
  assert.equal(originOf(behindProxy), 'https://parley.example');
  for (const host of ['<b>', 'a b', `x'y`, 'a/b', 'a:b', '', undefined]) {
    assert.equal(originOf({ host }), 'http://127.0.0.1:3000', String(host));
  }
  const strange = { host: 'parley.example', 'x-forwarded-proto': 'javascript' };
  assert.equal(originOf(strange), 'http://parley.example');
});

test('fields: a schema with nested objects and lists, they are flat with dotted names', () => {
  const { schemas } = document.components;
  const names = fieldsOf({ $ref: '#/components/schemas/Conversation' }, schemas).map(
    ({ name }) => name,
  );
  assert.ok(names.includes('contacts.contacts[].external_id'));
  assert.ok(names.includes('conversation_parts.conversation_parts[].author.name'));
});

test('SDK examples: each method named, the pinned SDK has it', () => {
  const client = new IntercomClient({ token: 'x' }) as unknown as Record<string, unknown>;
  for (const path of Object.values(sdkMethods)) {
    const [group, method] = path.split('.');
    const found = (client[group!] as Record<string, unknown>)?.[method!];
    assert.equal(typeof found, 'function', path);
  }
});

test('curl examples: every operation, the example has its path filled in', () => {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const text = curlExample({ method: method.toUpperCase(), path, operation });
      assert.doesNotMatch(text, /[{]id[}]|undefined/);
    }
  }
});
