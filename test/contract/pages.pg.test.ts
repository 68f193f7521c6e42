// `/`, `/docs` and the pages below it over HTTP: content negotiation, caching, compression, odd requests, and clients
// that do not read.

import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { readRelease } from '../../src/base/release.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestParley } from '../support/server.ts';

const { url, call } = await startTestParley();

type Reply = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  body: Buffer;
};

/** Sends the path unchanged, and does not decompress the response. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

const browser =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const pages = ['/', '/docs', '/docs/api', '/docs/operating'];
const all = [...pages, '/openapi.json', '/docs/api.md', '/docs/parley.css', '/docs/parley.js'];

for (const [accept, isPage] of [
  [browser, true],
  ['text/html', true],
  ['TEXT/HTML;level=1', true],
  ['application/xhtml+xml', true],
  ['text/html;q=0.9, application/json;q=0.8', true],
  ['application/json, text/html;q=0.1', false],
  ['application/json', false],
  ['*/*', false],
  ['text/html;q=0', false],
  ['text/htmlx', false],
  ['', false],
  [undefined, false],
] as const) {
  test(`home: Accept ${accept} gets ${isPage ? 'the page' : 'JSON'}`, async () => {
    const { status, headers, body } = await ask('/', accept === undefined ? {} : { accept });
    assert.equal(status, 200);
    assert.match(String(headers.vary), /^Accept, Accept-Encoding$/);
    if (isPage) {
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.match(body.toString(), /<h1>This is a Parley server<\/h1>/);
    } else {
      assert.equal(headers['content-type'], 'application/json; charset=utf-8');
      assert.deepEqual(JSON.parse(body.toString()), {
        name: 'Parley',
        version: readRelease().version,
        docs: '/docs',
        openapi: '/openapi.json',
        health: '/healthz',
        ready: '/readyz',
      });
    }
  });
}

test('home: is the same with a token, query or slashes, and its links work', async () => {
  const plain = await ask('/');
  for (const path of ['/?x=1', '//', '/?']) {
    assert.deepEqual((await ask(path)).body, plain.body, path);
  }
  assert.equal((await call('GET', '/')).status, 200);
  const { name, version, ...links } = JSON.parse(plain.body.toString());
  assert.ok(name && version);
  for (const path of Object.values<string>(links))
    assert.equal((await ask(path)).status, 200, path);
});

test('pages: headers allow no foreign or inline script and set no cookie', async () => {
  for (const path of pages) {
    const { headers } = await ask(path, { accept: browser });
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; style-src 'self'; script-src 'self'; connect-src/);
    assert.match(policy, /frame-ancestors 'none'; require-trusted-types-for 'script'/);
    assert.doesNotMatch(policy, /unsafe|\*|http/);
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-frame-options'], 'DENY');
  }
  for (const path of [...all, '/docs/search.json', '/docs/parley.schema.json']) {
    const { status, headers } = await ask(path);
    assert.equal(status, 200, path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['set-cookie'], undefined, path);
    assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
  }
});

test('pages: get 304 without a body when unchanged, compressed or not, GET or HEAD', async (t) => {
  for (const path of all) {
    const plain = await ask(path, { accept: browser });
    const tags = new Set([plain.headers.etag]);
    const sizes = [plain.body.length];
    for (const [encoding, unpack] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const headers = { accept: browser, 'accept-encoding': encoding };
      const packed = await ask(path, headers);
      assert.equal(packed.headers['content-encoding'], encoding, path);
      assert.match(String(packed.headers.vary), /Accept-Encoding/);
      assert.ok(unpack(packed.body).equals(plain.body), path);
      assert.ok(packed.body.length < plain.body.length / 2 || plain.body.length < 40_000, path);
      tags.add(packed.headers.etag);
      sizes.push(packed.body.length);
      const head = await ask(path, headers, 'HEAD');
      assert.deepEqual(
        [head.status, head.headers['content-length'], head.body.length],
        [200, String(packed.body.length), 0],
      );
      const tag = packed.headers.etag!;
      for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const again = await ask(path, { ...headers, 'if-none-match': known });
        assert.deepEqual([again.status, again.body.length, again.headers.etag], [304, 0, tag]);
      }
      const other = { ...headers, 'if-none-match': plain.headers.etag! };
      assert.equal((await ask(path, other)).status, 200, 'the tag of the other encoding');
    }
    assert.equal(tags.size, 3, path);
    t.diagnostic(`${path}: ${sizes.join(', ')} bytes plain, brotli, gzip`);
  }
});

for (const [accepted, expected] of [
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['br;q=0, gzip;q=0.5', 'gzip'],
  ['*', 'br'],
  ['identity', undefined],
  ['gzip;q=0', undefined],
  ['*;q=0', undefined],
  ['bogus', undefined],
  ['br;q=high', undefined],
] as const) {
  test(`pages: Accept-Encoding ${accepted} gets ${expected ?? 'identity'}`, async () => {
    const { headers } = await ask('/docs', { 'accept-encoding': accepted });
    assert.equal(headers['content-encoding'], expected);
  });
}

const oddPaths = [
  '/docs/..',
  '/docs/../',
  '/docs/../../etc/passwd',
  '/docs/%2e%2e',
  '/docs/%2e%2e%2fpackage.json',
  '/docs/..%5cpackage.json',
  '/docs/x%00',
  '/docs/api%00',
  '/docs/api%00.md',
  '/docs/%',
  '/docs/%ff',
  '/docs/API',
  '/docs/api.html',
  '/docs/api/x',
  '/docs/README.md',
  '/docs/decisions',
  '/docs/constructor',
  '/docs/__proto__',
  '/docs/toString',
  `/docs/${'a'.repeat(8000)}`,
  '/docs/assets/parley.css',
  '/parley.js',
];

test('pages: odd paths get 404 in the common error shape', async () => {
  for (const path of oddPaths) {
    const { status, headers, body } = await ask(path, { accept: browser });
    assert.equal(status, 404, path.slice(0, 40));
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(JSON.parse(body.toString()).errors[0].message, 'Resource Not Found');
  }
});

test('pages: other methods get an error; ranges and a wrong Accept get the whole page', async () => {
  for (const path of pages) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      assert.equal((await ask(path, {}, method)).status, 404, `${method} ${path}`);
    }
    const whole = await ask(path, { accept: browser });
    const part = await ask(path, { accept: browser, range: 'bytes=0-9' });
    assert.deepEqual([part.status, part.body.length], [200, whole.body.length]);
    assert.equal(part.headers['content-range'], undefined);
    if (path !== '/') assert.equal((await ask(path, { accept: 'image/png' })).status, 200);
  }
});

test('pages: are the same whatever Host and proxy headers say', async () => {
  const plain = await ask('/docs');
  const headers = { host: 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'e' };
  const other = await ask('/docs', headers);
  assert.ok(other.body.equals(plain.body));
  assert.equal(other.headers.etag, plain.headers.etag);
});

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

test('pages: 10,000 pipelined and read are all answered with little memory', async (t) => {
  const client = new RawClient(url);
  client.send(get('/', 'Accept: text/html\r\n').repeat(10_000));
  const found = await client.responses(10_000, 60_000);
  assert.equal(found.length, 10_000);
  assert.ok(found.every(({ status }) => status === 200));
  t.diagnostic(`${Math.round(process.memoryUsage().rss / 1024 / 1024)} MB resident`);
  client.socket.destroy();
});

test('pages: 10,000 pipelined and not read cost little memory and block no other', async (t) => {
  await ask('/docs');
  const before = process.memoryUsage().rss;
  const clients = Array.from({ length: 10 }, () => {
    const client = new RawClient(url);
    client.socket.pause();
    client.send(get('/docs').repeat(1000));
    return client;
  });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const grownMb = (process.memoryUsage().rss - before) / 1024 / 1024;
  t.diagnostic(`grown by ${Math.round(grownMb)} MB`);
  assert.ok(grownMb < 100, `${grownMb} MB`);
  assert.equal((await ask('/docs/api')).status, 200);
  for (const client of clients) client.socket.destroy();
});
