// HEAD responds like GET, but without a body, on every route.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '../../src/http/routes.ts';
import { startTestParley } from '../support/server.ts';

const parley = await startTestParley();
const { url, token } = parley;
const made = (await parley.notify('new_conversation')).body;
const ids: Readonly<Record<string, string>> = { conversation: made.conversation_id };

type Head = { readonly status: number; readonly type: string | null; readonly text: string };

async function ask(method: string, path: string, authorization: string): Promise<Head> {
  const leaving = new AbortController();
  const { status, headers, body } = await fetch(`${url}${path}`, {
    method,
    headers: { authorization },
    signal: leaving.signal,
  });
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const isEndless = isStream && method === 'GET';
  const text = isEndless || body === null ? '' : await new Response(body).text();
  leaving.abort();
  return { status, type: headers.get('content-type'), text };
}

const paths = routes
  .filter(({ method }) => method === 'GET')
  .map(({ path }) => path.replaceAll(/:\w+/g, parameterOf(path)));

function parameterOf(path: string): string {
  if (path.startsWith('/docs/')) return 'api';
  return path.includes('conversations') ? ids['conversation']! : '999999';
}

test('HEAD: has the status and type of GET and no body on every route', async () => {
  assert.ok(paths.length > 10, String(paths.length));
  const seen = new Set<number>();
  for (const path of [...paths, '/parley/v1/events/stream?after=nothing', '/nowhere']) {
    for (const authorization of [`Bearer ${token}`, 'Bearer wrong']) {
      const get = await ask('GET', path, authorization);
      const head = await ask('HEAD', path, authorization);
      assert.deepEqual([head.status, head.type], [get.status, get.type], `${path} ${get.text}`);
      assert.equal(head.text, '', path);
      seen.add(get.status);
    }
  }
  assert.deepEqual([...seen].toSorted(), [200, 400, 401, 403, 404]);
});

test('HEAD: answers for the stream and a waiting list at once, without a slot', async () => {
  const authorization = `Bearer ${token}`;
  const before = performance.now();
  // More than a token has connection slots.
  for (let round = 0; round < 110; round += 1) {
    const { status } = await ask('HEAD', '/parley/v1/events/stream', authorization);
    assert.equal(status, 200);
  }
  assert.equal((await ask('HEAD', '/parley/v1/events?wait=30', authorization)).status, 200);
  assert.ok(performance.now() - before < 25_000);
  const metrics = (await parley.call('GET', '/metrics')).body;
  assert.match(metrics, /^parley_event_streams 0$/m);
});
