import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRelease } from '../../base/release.ts';
import { openApiDocument } from '../openapi/document.ts';
import { routes } from '../routes.ts';
import { checkIdempotencyKey, hashRequest, takesIdempotencyKey } from './idempotency-key.ts';

test('Idempotency-Key: takes 1 to 255 visible ASCII characters', () => {
  for (const key of [undefined, 'a', '"8e03978e-40d5"', '!~', 'k'.repeat(255)]) {
    assert.equal(checkIdempotencyKey(key), null, key);
  }
  for (const key of ['', ' ', 'a b', 'a, b', 'schlüssel', 'a\t', '\u007f', 'k'.repeat(256)]) {
    const error = checkIdempotencyKey(key);
    assert.deepEqual([error?.status, error?.errors[0]?.field], [400, 'Idempotency-Key'], key);
  }
});

test('Idempotency-Key: all changes take it, except events and uploads', () => {
  const { paths, components } = openApiDocument(routes, readRelease());
  assert.ok(components.parameters.IdempotencyKey !== undefined);
  let taking = 0;
  for (const route of routes.filter((one) => one.access === 'token')) {
    const name = `${route.method} ${route.path}`;
    const isEvent = route.path.startsWith('/custom_channel_events/');
    const isRead = route.method === 'GET' || /\/(search|list)$/.test(route.path);
    // An upload changes nothing until a reply names it.
    const isUpload = route.path === '/parley/v1/uploads';
    const isExpected = !isRead && !isEvent && !isUpload;
    assert.equal(takesIdempotencyKey(route), isExpected, name);
    const path = paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]!;
    const { parameters, responses } = path[route.method.toLowerCase()]!;
    const described = JSON.stringify(parameters).includes('parameters/IdempotencyKey');
    assert.equal(described, isExpected, `${name} in the OpenAPI document`);
    const isReplayed = 'Idempotent-Replayed' in (responses['200']?.headers ?? {});
    assert.equal(isReplayed, isExpected || isEvent, name);
    const isErrorReplayed = 'Idempotent-Replayed' in (responses['422']?.headers ?? {});
    assert.equal(isErrorReplayed, isExpected, `errors of ${name}`);
    if (isExpected) taking += 1;
  }
  assert.ok(taking >= 8);
});

const request = { method: 'POST', url: '/tags?a=1', body: { a: 1, b: [{ c: 2, d: 3 }] } };
const hashOf = (changes: Partial<typeof request> | { body: unknown }, bodyBytes?: Buffer): string =>
  hashRequest({ ...request, ...changes, bodyBytes });

test('request hash: is the same for the same JSON, however it is written', () => {
  assert.equal(hashOf({ body: { b: [{ d: 3, c: 2 }], a: 1 } }), hashOf({}));
});

test('request hash: differs by method, path, query, values, types and order of lists', () => {
  const others = [
    { method: 'PUT' },
    { url: '/tags?a=2' },
    { url: '/tags' },
    { body: { a: '1', b: [{ c: 2, d: 3 }] } },
    { body: { a: 1, b: [{ c: 2, d: 4 }] } },
    { body: { a: 1, b: [] } },
    { body: {} },
    { body: JSON.parse('{"__proto__":{"a":1}}') as unknown },
    { body: { list: [1, 2] } },
    { body: { list: [2, 1] } },
    { body: undefined },
  ];
  const hashes = [{}, ...others].map((changes) => hashOf(changes));
  assert.equal(new Set(hashes).size, hashes.length);
});

test('request hash: tells bodies apart that are nested too deeply to be sorted', () => {
  const deep = (inner: string) => `${'[['.repeat(60_000)}${inner}${']]'.repeat(60_000)}`;
  const [one, other] = ['1', '2'].map((inner) => {
    const text = deep(inner);
    return hashOf({ body: JSON.parse(text) as unknown }, Buffer.from(text));
  });
  assert.notEqual(one, other);
});
