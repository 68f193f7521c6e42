import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkUrl, renderUrl } from './webhook-url.ts';

test('webhook url: accepts values behind a literal host', () => {
  const good = [
    'https://orders.example/orders/{{ attributes.order_number }}',
    'https://orders.example:8443/{{ a }}/x?y={{ b | downcase }}&key=${secret:orders_key}',
    'http://127.0.0.1:3000?{{ a }}={{ b }}',
    'https://orders.example/a#b',
  ];
  for (const url of good) assert.equal(checkUrl(url), null, url);
});

test('webhook url: rejects a variable host, port or scheme', () => {
  const moving = [
    'https://{{ host }}/orders',
    'https://{{ host }}.example/orders',
    'https://orders.example:{{ port }}/',
    'https://orders.example{{ path }}',
    'https://me:{{ password }}@orders.example/',
    'https://orders.example\\{{ path }}',
    '{{ scheme }}://orders.example/',
    'http{{ s }}://orders.example/',
    'https:{{ slashes }}orders.example/',
    '{{ url }}',
    'https://${secret:host}/',
    'https://orders.example/${secret:orders_key}/x',
    'https://orders.example/{% if a %}x{% endif %}',
    'https://orders.example/{{ a',
    'https://orders.example/a }}',
    'ftp://orders.example/{{ a }}',
  ];
  for (const url of moving) assert.notEqual(checkUrl(url), null, url);
});

const render = (url: string, value: string) => renderUrl(url, () => value);

test('webhook url: percent-encodes values in path and query', () => {
  const value = 'a/b?c#d &=%ä😀\\@:${secret:x}';
  const rendered = render('https://h.example/o/{{ v }}?q={{ v }}', value);
  assert.ok(rendered.ok);
  const url = new URL(rendered.url);
  assert.equal(url.host, 'h.example');
  assert.equal(decodeURIComponent(url.pathname), `/o/${value}`);
  assert.equal(url.pathname.split('/').length, 3);
  assert.equal(url.searchParams.get('q'), value);
  assert.doesNotMatch(rendered.url, /\$\{/);
});

test('webhook url: a missing or climbing value prevents the call', () => {
  const path = 'https://h.example/orders/{{ v }}/items';
  for (const value of ['.', '..', '...', '']) assert.equal(render(path, value).ok, false, value);
  for (const value of ['.', 'e', '%2e', '..']) {
    const rendered = render('https://h.example/orders/.{{ v }}/items', value);
    if (rendered.ok)
      assert.match(new URL(rendered.url).pathname, /^\/orders\/[^/]+\/items$/, value);
    else assert.match(value, /^\.+$/);
  }
  assert.equal(render('https://h.example/orders/%2e{{ v }}', '.').ok, false);
  assert.ok(render('https://h.example/orders?q={{ v }}', '').ok);
  assert.ok(render('https://h.example/orders/x{{ v }}', '').ok);
  assert.equal(render(path, 'x'.repeat(8_000)).ok, false);
});

test('webhook url: no value changes the host or the depth of the path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (a, b) => {
      const values = [a, b].map((one) => one.toWellFormed());
      const rendered = renderUrl('https://h.example/x/{{ a }}/{{ b }}/y?z={{ a }}', (piece) =>
        piece.includes('a') ? values[0]! : values[1]!,
      );
      if (!rendered.ok) return;
      const { origin, pathname } = new URL(rendered.url);
      assert.equal(origin, 'https://h.example');
      assert.equal(pathname.split('/').length, 5);
    }),
  );
});
