// CORS at the event routes: pages of a listed origin may read responses and errors, other pages nothing, and no other
// route allows any. Also in a real browser if there is one.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { applyForTest } from '../support/apply.ts';
import { openBrowser } from '../support/chromium.ts';
import { listen } from '../support/listen.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { addWorkspace, startTestParley } from '../support/server.ts';

/** Serves an empty page from another origin. */
async function openPageServer(): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>A page</title>');
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

const listed = await openPageServer();
const otherOrigin = await openPageServer();
const database = await openTestDatabase();
await applyForTest(database, {
  channels: [{ name: 'default', allowed_origins: [listed, 'https://app.example:8443'] }],
});
const other = await addWorkspace(database, 'other');
const parley = await startTestParley({}, database);
const { url, token } = parley;
const paths = ['/parley/v1/events', '/parley/v1/events/stream'];

async function ask(path: string, headers: Record<string, string>, method = 'GET') {
  const ending = new AbortController();
  const response = await fetch(url + path, { method, headers, signal: ending.signal });
  const allowed = response.headers.get('access-control-allow-origin');
  const vary = response.headers.get('vary');
  ending.abort();
  return { status: response.status, allowed, vary, headers: response.headers };
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const preflight = (origin: string) => ({
  origin,
  'access-control-request-method': 'GET',
  'access-control-request-headers': 'authorization,last-event-id',
});

for (const path of paths) {
  test(`cross-origin ${path}: lets a listed origin read responses and errors`, async () => {
    for (const [status, query, headers] of [
      [200, '?after=0', bearer(token)],
      [400, '?after=nonsense', bearer(token)],
      [401, '', bearer('nobody_at_all')],
      [401, '', {}],
      [400, '', { ...bearer(token), 'intercom-version': '9.9' }],
    ] as const) {
      const response = await ask(path + query, { origin: listed, ...headers });
      assert.deepEqual(
        [response.status, response.allowed, response.vary],
        [status, listed, 'Origin'],
      );
      assert.match(response.headers.get('access-control-expose-headers')!, /X-Request-Id/);
      assert.equal(response.headers.get('access-control-allow-credentials'), null);
    }
  });

  test(`cross-origin ${path}: answers a preflight without a token`, async () => {
    for (const origin of [listed, 'https://app.example:8443']) {
      const response = await ask(path, preflight(origin), 'OPTIONS');
      assert.deepEqual([response.status, response.allowed, response.vary], [204, origin, 'Origin']);
      assert.equal(response.headers.get('access-control-allow-methods'), 'GET');
      assert.match(
        response.headers.get('access-control-allow-headers')!,
        /Authorization.*Last-Event-ID/,
      );
    }
  });

  test(`cross-origin ${path}: allows nothing to an origin not listed exactly`, async () => {
    for (const origin of [
      otherOrigin,
      'null',
      'https://app.example',
      'http://app.example:8443',
      'https://app.example:8443.evil.example',
      'https://APP.example:8443',
      'https://sub.app.example:8443',
      `${listed}/`,
      `${listed}, ${otherOrigin}`,
    ]) {
      const asked = await ask(path, preflight(origin), 'OPTIONS');
      assert.deepEqual([asked.status, asked.allowed, asked.vary], [204, null, 'Origin'], origin);
      const response = await ask(`${path}?after=0`, { origin, ...bearer(token) });
      assert.deepEqual(
        [response.status, response.allowed, response.vary],
        [200, null, 'Origin'],
        origin,
      );
    }
  });

  test(`cross-origin ${path}: allows nothing for a channel that lists no origin`, async () => {
    const response = await ask(`${path}?after=0`, { origin: listed, ...bearer(other.token) });
    assert.deepEqual([response.status, response.allowed], [200, null]);
  });

  test(`cross-origin ${path}: without an origin, adds only Vary`, async () => {
    const response = await ask(`${path}?after=0`, bearer(token));
    assert.deepEqual([response.status, response.allowed, response.vary], [200, null, 'Origin']);
    assert.equal((await ask(path, {}, 'OPTIONS')).status, 404);
    assert.equal((await ask(path, { origin: listed }, 'OPTIONS')).status, 404);
  });
}

test('cross-origin: every other route allows nothing to other origins', async () => {
  for (const path of [
    '/me',
    '/conversations/1',
    '/docs',
    '/metrics',
    '/openapi.json',
    '/nowhere',
  ]) {
    const response = await ask(path, { origin: listed, ...bearer(token) });
    assert.equal(response.allowed, null, path);
    assert.equal((await ask(path, preflight(listed), 'OPTIONS')).status, 404, path);
  }
});

test('cross-origin: follows a changed list or a disabled channel within moments', async () => {
  const own = await startTestParley({}, database);
  const allowedAt = async () => {
    const response = await fetch(`${own.url}${paths[0]}`, {
      method: 'OPTIONS',
      headers: preflight(listed),
    });
    return response.headers.get('access-control-allow-origin');
  };
  assert.equal(await allowedAt(), listed);
  await database.sql("update channels set is_enabled = false where name = 'default'");
  const deadline = performance.now() + 15_000;
  while ((await allowedAt()) !== null) assert.ok(performance.now() < deadline);
  await database.sql("update channels set is_enabled = true where name = 'default'");
});

test('cross-origin: browser lets a listed page poll and stream, and no other', async (t) => {
  const browser = await openBrowser();
  // The headers are checked above.
  if (browser === undefined) return t.diagnostic('no Chromium on this machine');
  const made = await parley.notify('new_conversation');
  await parley.call('POST', `/conversations/${made.body.conversation_id}/reply`, {
    message_type: 'comment',
    type: 'admin',
    admin_id: '1',
    body: 'Read in a browser',
  });
  const reading = `(async () => {
    const headers = { Authorization: 'Bearer ${token}' };
    const read = async (address, bearer) => {
      try {
        const answer = await fetch('${url}' + address, { headers: bearer ?? headers });
        return [answer.status, (await answer.json())];
      } catch (error) { return error.name; }
    };
    const streamed = await (async () => {
      try {
        const answer = await fetch('${url}/parley/v1/events/stream?after=0', {
          headers: { ...headers, 'Last-Event-ID': '0' },
        });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        while (!text.includes('Read in a browser')) text += (await reader.read()).value;
        await reader.cancel();
        return 'streamed';
      } catch (error) { return error.name; }
    })();
    return [await read('/parley/v1/events'), await read('/parley/v1/events', { Authorization: 'Bearer x' }), streamed];
  })()`;
  for (const origin of [listed, otherOrigin]) {
    const page = await browser.newPage();
    await page.goto(origin);
    const [polled, rejected, streamed] = (await page.evaluate(reading)) as [
      [number, { data: { message: { body_text: string } }[] }],
      [number, { errors: { code: string }[] }],
      string,
    ];
    if (origin === listed) {
      assert.equal(polled[1].data.at(-1)!.message.body_text, 'Read in a browser');
      assert.deepEqual([rejected[0], rejected[1].errors[0]!.code], [401, 'unauthorized']);
      assert.equal(streamed, 'streamed');
    } else {
      assert.deepEqual([polled, rejected, streamed], ['TypeError', 'TypeError', 'TypeError']);
    }
    await page.close();
  }
});
