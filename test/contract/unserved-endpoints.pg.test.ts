// The vendor's endpoints that Parley does not serve: each says so before any other check, and their table is complete
// by the calls of the official SDK.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unservedEndpoints } from '../../src/contract/unserved-endpoints.ts';
import { routes } from '../../src/http/routes.ts';
import { request, startTestParley } from '../support/server.ts';

const parley = await startTestParley();

/** Replaces parameters of a path by placeholders without names. */
const shapeOf = (method: string, path: string): string =>
  `${method} ${path.replaceAll(/\{[^}]+\}|:\w+/g, '{}')}`;

const unserved = unservedEndpoints.map(({ method, path }) => shapeOf(method, path));
const served = routes.map(({ method, path }) => shapeOf(method, path));

/** Reads all calls of the SDK from its code, without those of the unstable version. */
function callsOfSdk(): string[] {
  const folder = fileURLToPath(
    new URL('../../node_modules/intercom-client/dist/cjs/api/resources/', import.meta.url),
  );
  const call = /url: core\.url\.join\(.*?UsProduction, [`"]([^`"]*)[`"]\),\s*method: "([A-Z]+)"/g;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('client/Client.js') && !file.startsWith('unstable'))
    .flatMap((file) => [...readFileSync(folder + file, 'utf8').matchAll(call)])
    .map(([, path, method]) =>
      shapeOf(method!, `/${path!.replaceAll(/\$\{core\.url\.encodePathParam\(\w+\)\}/g, '{}')}`),
    );
}

test('vendor endpoints: each SDK call is either served or in the table', () => {
  const calls = callsOfSdk();
  assert.ok(calls.length > 140, `only ${calls.length} found`);
  const known = new Set([...served, ...unserved]);
  assert.deepEqual(
    calls.filter((call) => !known.has(call)),
    [],
  );
  assert.deepEqual(
    unserved.filter((endpoint) => served.includes(endpoint)),
    [],
  );
  assert.equal(new Set(unserved).size, unserved.length);
});

test('vendor endpoints: get 404 with method and path when they are not served', async () => {
  for (const { method, path } of unservedEndpoints) {
    const asked = path.replaceAll(/\{\w+\}/g, '12');
    const response = await parley.call(method, asked, method === 'POST' ? {} : undefined);
    assert.equal(response.status, 404, `${method} ${asked}`);
    assert.deepEqual(
      { ...response.body, request_id: response.headers.get('x-request-id') },
      {
        type: 'error.list',
        request_id: response.headers.get('x-request-id'),
        errors: [
          {
            code: 'not_found',
            message: `Parley does not serve ${method} ${path} yet`,
            field: null,
          },
        ],
      },
    );
  }
});

test('vendor endpoints: get the same response without token, with query or huge body', async () => {
  for (const [method, path, body] of [
    ['GET', '/articles', undefined],
    ['GET', '/articles/?page=1', undefined],
    ['GET', '//articles', undefined],
    ['GET', '/news/newsfeeds', undefined],
    ['POST', '/tickets', 'x'.repeat(3_000_000)],
  ] as const) {
    const response = await request(parley.url + path, method, body, {}).catch((error) => {
      // The server stops reading: a client may see the connection end before the response.
      if (body === undefined) throw error;
      return null;
    });
    if (response === null) continue;
    assert.equal(response.status, 404);
    assert.match(response.body.errors[0].message, /^Parley does not serve (GET|POST) \/\w+.* yet$/);
  }
});

test('vendor endpoints: unknown paths get the plain 404', async () => {
  for (const [method, path] of [
    ['GET', '/article'],
    ['DELETE', '/articles'],
    ['GET', '/articles/1/2'],
    ['GET', '/parley/v1/articles'],
    ['PATCH', '/contacts/1'],
    ['POST', '/'],
    ['DELETE', '/'],
    ['GET', '/docs/nothing'],
  ] as const) {
    const response = await request(parley.url + path, method, undefined, {});
    assert.equal(response.status, 404, path);
    assert.equal(response.body.errors[0].message, 'Resource Not Found', path);
  }
});

test('vendor endpoints: similar endpoints that are served still work', async () => {
  for (const path of ['/me', '/admins', '/admins/1', '/teams']) {
    assert.equal((await parley.call('GET', path)).status, 200, path);
  }
  const unknown = await parley.call('GET', '/conversations/999');
  assert.deepEqual(
    [unknown.status, unknown.body.errors[0].message.includes('serve')],
    [404, false],
  );
});
