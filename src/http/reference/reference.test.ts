import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { readRelease } from '../../base/release.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import { openApiDocument } from '../openapi/document.ts';
import { routes } from '../routes.ts';
import { curlExample, sdkMethods } from './examples.ts';
import { fieldsOf } from './fields.ts';
import { makeGuide, readGuides } from './guides.ts';
import { highlight } from './highlight.ts';
import { html, sentence } from './html.ts';
import { callsOf, renderReference } from './page.ts';
import { searchIndex } from './search-index.ts';
import { weightsOf } from './static-text.ts';

const document = openApiDocument(routes, readRelease());
const guides = await readGuides();
const titles = new Map(guides.map(({ name, title }) => [name, title]));

test('html: escapes text with markup wherever it stands', () => {
  const evil = `<img src=x onerror="alert('1')">&`;
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
  assert.equal(html`<p title="${evil}">${evil}</p>`.text, `<p title="${escaped}">${escaped}</p>`);
  assert.equal(sentence(`a \`${evil}\``).text, `a <code>${escaped}</code>`);
  assert.equal(html`${[html`<i>${1}</i>`, html`<i>${'2'}</i>`]}${null}`.text, '<i>1</i><i>2</i>');
  const shown = highlight(`{ "${evil}": '${evil}' }`).text;
  assert.doesNotMatch(shown, /<img/);
});

test('reference page: markup in the texts of the document is escaped', () => {
  const [first, ...rest] = routes;
  const hostile = [{ ...first!, summary: '<script>1</script>', description: '<b>2</b>' }, ...rest];
  const page = renderReference(openApiDocument(hostile, readRelease()), guides);
  assert.doesNotMatch(page, /<script>|<b>2/);
  assert.match(page, /&lt;script&gt;1/);
});

test('fields: lists nested objects and lists flat, with dotted names', () => {
  const { schemas } = document.components;
  const names = fieldsOf({ $ref: '#/components/schemas/Conversation' }, schemas).map(
    ({ name }) => name,
  );
  assert.ok(names.includes('contacts.contacts[].external_id'));
  assert.ok(names.includes('conversation_parts.conversation_parts[].author.name'));
});

test('SDK examples: the pinned SDK has every method named', () => {
  const client = new IntercomClient({ token: 'x' }) as unknown as Record<string, unknown>;
  for (const path of Object.values(sdkMethods)) {
    const [group, method] = path.split('.');
    const found = (client[group!] as Record<string, unknown>)?.[method!];
    assert.equal(typeof found, 'function', path);
  }
});

test('curl examples: every operation has an example with its path filled in', () => {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const text = curlExample({ method: method.toUpperCase(), path, operation });
      assert.doesNotMatch(text, /[{]id[}]|undefined/);
    }
  }
});

test('guides: each file of docs is a page with a title and unique anchors', () => {
  const files = readdirSync(new URL('../../../docs/', import.meta.url));
  const names = files.filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3));
  assert.deepEqual(guides.map(({ name }) => name).toSorted(), names.toSorted());
  assert.equal(guides[0]!.name, 'api');
  for (const { name, html: page, headings } of guides) {
    assert.equal(headings.filter(({ level }) => level === 1).length, 1, name);
    const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    assert.equal(new Set(ids).size, ids.length, `${name}: an id is used twice`);
    assert.doesNotMatch(page.text, /&lt;!--|<!--|style=/, name);
  }
});

test('guides: every link leads to a page and heading that exist', () => {
  const targets = new Map(guides.map(({ name, html: page }) => [`/docs/${name}`, page.text]));
  let followed = 0;
  for (const { name, html: page } of guides) {
    for (const [, href] of page.text.matchAll(/<a [^>]*href="([^"]+)"/g)) {
      if (/^https?:/.test(href!) || href === '/docs/parley.schema.json') continue;
      const [path, anchor] = href!.split('#');
      const target = targets.get(path === '' ? `/docs/${name}` : path!);
      assert.ok(target !== undefined, `${name}: ${href}`);
      if (anchor) assert.ok(target.includes(` id="${anchor}"`), `${name}: ${href}`);
      followed += 1;
    }
  }
  assert.ok(followed > 50, String(followed));
});

const hostileMarkdown: readonly [string, string, RegExp][] = [
  ['a script', '<script>alert(1)</script>', /<script/],
  ['a script within a line', 'a <script>alert(1)</script> b', /<script/],
  ['an image with a handler', 'x <img src=x onerror=alert(1)> y', /<img/],
  ['a link to a script', '[a](javascript:alert(1))', /href="javascript/],
  ['a link to data', '[a](data:text/html,x)', /href="data/],
  ['an anchor with a handler', 'x <a id="x" onclick="y">', /onclick/],
  ['markup in the language of code', '```"><b>\nx\n```', /<b>/],
  ['markup in code', '```sh\n<b>x</b>\n```', /<b>/],
  ['markup in a title', '# <b>x</b> "><i>', /<b>|<i>/],
  ['a column that is aligned', '| a |\n|:-:|\n| b |', /style=/],
];

for (const [title, markdown, forbidden] of hostileMarkdown) {
  test(`guides: ${title} does not get into the page`, () => {
    const { html: page } = makeGuide('api', markdown, titles);
    assert.doesNotMatch(page.text, forbidden);
  });
}

test('guides: files that are not served are named and not linked', () => {
  const text = '[the kit](../deploy/README.md), [errors.md](errors.md#errors), [x](nowhere.md)';
  const page = makeGuide('api', text, titles).html.text;
  assert.match(
    page,
    /<span class="elsewhere" title="In the repository: deploy\/README.md">the kit</,
  );
  assert.match(page, /<a href="\/docs\/errors#errors">Errors<\/a>/);
  assert.doesNotMatch(page, /href="[^"]*nowhere/);
});

test('search: finds every call, event, error and guide, with its link', () => {
  const page = renderReference(document, guides);
  const entries = searchIndex(document, callsOf(document), guides);
  const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length;
  assert.equal(count('Call'), routes.length);
  assert.equal(count('Event'), Object.keys(document.webhooks).length);
  assert.equal(count('Error'), Object.keys(errorCatalogue).length);
  assert.ok(count('Guide') > 60);
  for (const { url } of entries) {
    const [path, anchor] = url.split('#');
    const guide = guides.find(({ name }) => path === `/docs/${name}`);
    const text = guide?.html.text ?? page;
    if (anchor) assert.ok(text.includes(` id="${anchor}"`), url);
  }
});

test('weights: reads an Accept header and ignores invalid weights', () => {
  const weights = weightsOf('text/html, application/json;q=0.5 , br;q=0, x;q=nan, y;q=2,, GZIP');
  assert.deepEqual(
    [...weights],
    [
      ['text/html', 1],
      ['application/json', 0.5],
      ['br', 0],
      ['x', 0],
      ['y', 0],
      ['gzip', 1],
    ],
  );
});
