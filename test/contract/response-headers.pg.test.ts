// Every JSON response has headers against caching and content sniffing, whatever the route and status; walks the route
// table, so a new route is covered too.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unservedEndpoints } from '../../src/contract/unserved-endpoints.ts';
import { routes } from '../../src/http/routes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestParley } from '../support/server.ts';

const { url, token } = await startTestParley();
const path = '/custom_channel_events/notify_new_conversation';
let jsonCount = 0;

function check(what: string, status: number, header: (name: string) => string | null): void {
  if (!/json/.test(header('content-type') ?? '')) return;
  jsonCount += 1;
  const seen = [header('cache-control'), header('x-content-type-options')];
  assert.deepEqual(seen, ['no-store', 'nosniff'], `${what}: ${status}`);
}

async function ask(method: string, target: string, headers: Record<string, string>, body?: string) {
  const response = await fetch(`${url}${target}`, {
    ...{ method, headers, redirect: 'manual' },
    ...(body === undefined || method === 'GET' ? {} : { body }),
    signal: AbortSignal.timeout(20_000),
  });
  check(`${method} ${target}`, response.status, (name) => response.headers.get(name));
  if (/event-stream/.test(response.headers.get('content-type') ?? ''))
    await response.body?.cancel();
  else await response.arrayBuffer();
  return response.status;
}

test('JSON responses: have no-store and nosniff on every route and for every error', async () => {
  const own = { authorization: `Bearer ${token}` };
  const json = { 'content-type': 'application/json' };
  const kinds: readonly (readonly [Record<string, string>, string | undefined])[] = [
    [{}, undefined],
    [{ authorization: 'Bearer nobodys_token' }, '{}'],
    [{ ...own, ...json }, '{}'],
    [{ ...own, ...json }, '{"broken'],
    [{ ...own, 'content-type': 'text/plain' }, 'text'],
    [{ ...own, ...json, 'intercom-version': '1.0' }, '{}'],
    [{ ...own, ...json, accept: 'image/png' }, '{}'],
    [{ ...own, ...json, origin: 'https://elsewhere.example' }, '{}'],
  ];
  for (const { method, path: pattern } of routes) {
    const ids = [pattern.replaceAll(/:\w+/g, '1'), pattern.replaceAll(/:\w+/g, 'a%20b')];
    for (const target of new Set(ids)) {
      for (const [headers, body] of kinds) await ask(method, target, headers, body);
      for (const odd of [`/${target}`, `${target}/`, `${target}?after=x&limit=-1`]) {
        await ask(method, odd, own);
      }
      for (const other of ['DELETE', 'PUT', 'OPTIONS']) await ask(other, target, own);
    }
  }
  for (const { method, path: pattern } of unservedEndpoints.slice(0, 40)) {
    await ask(method, pattern.replaceAll(/\{\w+\}/g, '1'), own);
  }
  assert.equal(await ask('GET', '//metrics', {}), 404);
  assert.equal(await ask('GET', '/metrics/', {}), 404);
  assert.equal(await ask('GET', '/nowhere', {}), 404);
  assert.equal(await ask('GET', '/conversations/%ff', own), 404);
  assert.equal(await ask('POST', path, { ...own, ...json }, `"${'x'.repeat(2 << 20)}"`), 413);
  assert.ok(jsonCount > 200, `${jsonCount}`);
});

test('JSON responses: have no-store and nosniff even for invalid HTTP', async () => {
  const cases: readonly (readonly [string, number])[] = [
    ['no HTTP at all\r\n\r\n', 400],
    ['GET / HTTP/9.9\r\n\r\n', 400],
    [`GET /me HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['GET /me HTTP/1.1\r\nHost: x\r\nExpect: bogus\r\n\r\n', 417],
    [`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n`, 400],
  ];
  for (const [text, status] of cases) {
    const client = new RawClient(url);
    client.send(text);
    const [response] = await client.responses(1);
    client.socket.destroy();
    assert.equal(response?.status, status, text.slice(0, 40));
    const before = jsonCount;
    check(text.slice(0, 40), status, (name) => response!.headers[name] ?? null);
    assert.equal(jsonCount, before + 1);
  }
});
