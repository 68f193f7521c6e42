// Contract A.4, rows 36 to 41 and 45 to 47, and B: headers, sizes, routes, and the order of the checks.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { addWorkspace, eventBody, request, startTestParley } from '../support/server.ts';

const parley = await startTestParley();
const { call, url, token, database } = parley;
const path = '/custom_channel_events/notify_new_conversation';
const valid = () => eventBody('new_conversation');
const code = (response: { body: { errors: { code: string }[] } }) => response.body.errors[0]!.code;

/** Sends raw bytes, and collects the response until the server closes or sends nothing more. */
function sendRaw(text: string, { silenceMs = 3000 } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('close', () => resolve(received));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(received);
      else reject(error);
    });
  });
}

for (const type of [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/jsonx',
  'multipart/form-data',
  'application/json; charset=latin1',
]) {
  test(`row 36: Content-Type ${type} gets 415 client_error`, async () => {
    const response = await call('POST', path, valid(), { 'content-type': type });
    assert.deepEqual([response.status, code(response)], [415, 'client_error']);
  });
}

for (const type of [
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
  'APPLICATION/JSON',
  'application/vnd.api+json',
]) {
  test(`row 36: Content-Type ${type} is accepted`, async () => {
    assert.equal((await call('POST', path, valid(), { 'content-type': type })).status, 200);
  });
}

test('row 36: body without Content-Type gets 415', async () => {
  const body = JSON.stringify(valid());
  const response = await sendRaw(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  assert.match(response, /^HTTP\/1\.1 415 /);
});

for (const type of [undefined, 'text/plain']) {
  test(`row 36: empty body with Content-Type ${type} gets 400, never 415`, async () => {
    const response = await request(`${url}${path}`, 'POST', undefined, {
      authorization: `Bearer ${token}`,
      ...(type === undefined ? {} : { 'content-type': type }),
    });
    assert.deepEqual([response.status, code(response)], [400, 'parameter_invalid']);
  });
}

test('row 36: empty chunked body without a type gets 400; GET needs no type', async () => {
  const head = [
    'HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${token}`,
    'Transfer-Encoding: chunked',
    'Connection: close',
    '\r\n',
  ].join('\r\n');
  assert.match(await sendRaw(`POST ${path} ${head}0\r\n\r\n`), /^HTTP\/1\.1 400 /);
  assert.match(await sendRaw(`POST ${path} ${head}2\r\n{}\r\n0\r\n\r\n`), /^HTTP\/1\.1 415 /);
  assert.match(await sendRaw(`GET /me ${head}0\r\n\r\n`), /^HTTP\/1\.1 200 /);
});

test('row 45: unknown route with a huge body gets 404 before the body is read', async () => {
  for (const line of ['POST /nowhere', `PUT ${path}`]) {
    const response = await sendRaw(
      `${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n${'x'.repeat(2_000_000)}`,
    );
    assert.match(response, /^HTTP\/1\.1 404 /);
    assert.match(response, /"code":"not_found"/);
  }
});

test('request followed by garbage: never gets the error of the garbage', async () => {
  const body = JSON.stringify(eventBody('new_conversation', { event_id: 'evt_then_garbage' }));
  const response = await sendRaw(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}garbage\r\n\r\n`,
  );
  assert.ok(response === '' || response.startsWith('HTTP/1.1 200 '), response);
});

test('PARLEY_BODY_LIMIT: larger bodies get 413, smaller ones are served', async () => {
  const small = await startTestParley({ PARLEY_BODY_LIMIT: '2048' }, database);
  const padded = (length: number) => ({ ...valid(), padding: 'x'.repeat(length) });
  assert.equal((await small.call('POST', path, padded(3000))).status, 413);
  assert.equal((await small.call('POST', path, padded(1000))).status, 200);
});

test('row 37: body over 1 MiB gets 413 in JSON and closes the connection', async () => {
  const response = await sendRaw(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n${'x'.repeat(2_000_000)}`,
  );
  assert.match(response, /^HTTP\/1\.1 413 /);
  assert.match(response, /connection: close/i);
  assert.equal(
    JSON.parse(response.slice(response.indexOf('\r\n\r\n') + 4)).errors[0].code,
    'client_error',
  );
});

test('row 37: 10 MB in chunks without a length get 413', async () => {
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const response = await sendRaw(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(160)}0\r\n\r\n`,
  );
  assert.match(response, /^HTTP\/1\.1 413 /);
});

test('row 37: body just below 1 MiB is read and validated', async () => {
  const response = await call('POST', path, {
    ...valid(),
    padding: 'x'.repeat(1024 * 1024 - 1000),
  });
  assert.equal(response.status, 200);
});

test('row 38: request without Intercom-Version is served as 2.14', async () => {
  assert.equal((await call('POST', path, valid())).status, 200);
});

for (const version of ['9.9', 'abc', '2', '2.140', '3.0']) {
  test(`row 39: Intercom-Version ${version} gets 400 intercom_version_invalid`, async () => {
    const response = await call('POST', path, valid(), { 'intercom-version': version });
    assert.deepEqual([response.status, code(response)], [400, 'intercom_version_invalid']);
  });
}

for (const version of ['1.0', '2.0', '2.11', '2.13']) {
  test(`row 40: Intercom-Version ${version} is served`, async () => {
    assert.equal((await call('POST', path, valid(), { 'intercom-version': version })).status, 200);
  });
}

test('row 40: older version gets 400 intercom_version_invalid with strict_version', async () => {
  await database.sql('update channels set strict_version = true');
  const strict = await startTestParley({}, database);
  const old = await strict.call('POST', path, valid(), { 'intercom-version': '2.11' });
  const present = await strict.call('POST', path, valid(), { 'intercom-version': '2.14' });
  await database.sql('update channels set strict_version = false');
  assert.deepEqual([old.status, code(old), present.status], [400, 'intercom_version_invalid', 200]);
});

for (const version of [
  'Unstable',
  'unstable',
  'Preview',
  'PREVIEW',
  '2.14',
  '2.15',
  '2.16',
  '2.17',
]) {
  test(`row 41: Intercom-Version ${version} is served`, async () => {
    assert.equal((await call('POST', path, valid(), { 'intercom-version': version })).status, 200);
  });
}

test('row 45: several errors are reported in the order of the contract', async () => {
  const used = valid();
  await call('POST', path, used);
  const limited = await startTestParley({ PARLEY_RATE_LIMIT: '1' }, database);
  const bad = {
    authorization: 'Bearer wrong',
    'intercom-version': '9.9',
    accept: 'text/html',
    'content-type': 'text/plain',
  };
  const send = (where: string, headers: Record<string, string>, body: unknown, to = url) =>
    request(`${to}${where}`, 'POST', body, headers);
  const authorization = `Bearer ${token}`;
  const steps = [
    await send('/nowhere', bad, '{'),
    await send(path, bad, '{'),
    await send(path, { ...bad, authorization }, '{'),
  ];
  assert.deepEqual(
    steps.map((step) => `${step.status} ${code(step)}`),
    ['404 not_found', '401 unauthorized', '400 intercom_version_invalid'],
  );

  const overLimit = { ...bad, authorization, 'intercom-version': '2.14' };
  const exceed = async () => {
    await limited.call('GET', '/me');
    return (await send(path, overLimit, '{', limited.url)).status;
  };
  // A window may end between the two requests; the next one is ten seconds long.
  assert.ok((await exceed()) === 429 || (await exceed()) === 429);

  const { 'intercom-version': _, ...unversioned } = { ...bad, authorization };
  const json = { authorization, 'content-type': 'application/json' };
  const huge = JSON.stringify({ a: 'x'.repeat(1024 * 1024) });
  const rest = [
    await send(path, unversioned, huge),
    await send(path, { authorization, 'content-type': 'text/plain' }, huge),
    await send(path, json, huge),
    await send(path, json, '{'),
    await send(path, json, { ...used, contact: 5 }),
    await send(path, json, { ...used, external_conversation_id: 'other' }),
  ];
  assert.deepEqual(
    rest.map((step) => `${step.status} ${code(step)}`),
    [
      '406 media_type_not_acceptable',
      '415 client_error',
      '413 client_error',
      '400 parameter_invalid',
      '422 type_mismatch',
      '422 data_invalid',
    ],
  );
});

for (const accept of [
  '*/*',
  'application/json',
  'text/html, application/json;q=0.9',
  'application/*',
  'text/html;q=1, */*;q=0.1',
]) {
  test(`Accept ${accept}: allows JSON and is served`, async () => {
    assert.equal((await call('POST', path, valid(), { accept })).status, 200);
  });
}
for (const accept of [
  'text/html',
  'application/json;q=0',
  'application/json;q=0, */*',
  'image/*',
]) {
  test(`Accept ${accept}: excludes JSON and gets 406, in JSON all the same`, async () => {
    const response = await call('POST', path, valid(), { accept });
    assert.deepEqual([response.status, code(response)], [406, 'media_type_not_acceptable']);
  });
}

for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`row 46: ${method} on a notify path gets 404 not_found`, async () => {
    const response = await call(method, path);
    assert.deepEqual([response.status, code(response)], [404, 'not_found']);
  });
}

for (const variant of [
  `${path}/`,
  '//custom_channel_events///notify_new_conversation',
  `${path}?x=1`,
]) {
  test(`row 47: ${variant} is served, not redirected`, async () => {
    const response = await fetch(`${url}${variant}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(valid()),
    });
    assert.equal(response.status, 200);
  });
}

for (const header of [
  undefined,
  '',
  'Bearer',
  'Bearer ',
  `Basic ${token}`,
  token,
  `Bearer ${token}x`,
  'Bearer \u00e9\u00e9',
  `Bearer ${'x'.repeat(5000)}`,
]) {
  test(`Authorization ${JSON.stringify(header?.slice(0, 30))}: gets 401 unauthorized`, async () => {
    const headers: Record<string, string> = header === undefined ? {} : { authorization: header };
    const response = await request(`${url}${path}`, 'POST', valid(), headers);
    assert.deepEqual([response.status, code(response)], [401, 'unauthorized']);
    assert.equal(response.body.errors[0].message, 'Access Token Invalid');
    assert.equal(response.headers.get('x-ratelimit-limit'), null);
  });
}

test('request id: is the same in header and body, new each time, never the caller’s', async () => {
  const headers = { 'x-request-id': 'mine' };
  const first = await call('GET', '/nowhere', undefined, headers);
  const second = await call('GET', '/me', undefined, headers);
  assert.equal(first.headers.get('x-request-id'), first.body.request_id);
  assert.notEqual(second.headers.get('x-request-id'), first.body.request_id);
  assert.match(second.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('rate limit: counts per token, sends headers, and 429 with Retry-After', async () => {
  const limited = await startTestParley({ PARLEY_RATE_LIMIT: '18' }, database);
  const first = await limited.call('GET', '/me');
  assert.equal(first.headers.get('x-ratelimit-limit'), '3');
  assert.equal(first.headers.get('x-ratelimit-remaining'), '2');
  const resetInSeconds = Number(first.headers.get('x-ratelimit-reset')) - Date.now() / 1000;
  assert.ok(resetInSeconds > -1 && resetInSeconds <= 10, `reset in ${resetInSeconds} s`);
  const responses = [];
  for (let i = 0; i < 8; i += 1) responses.push(await limited.call('GET', '/contacts/nobody'));
  const rejected = responses.find(({ status }) => status === 429);
  assert.ok(rejected, 'eight more calls within a window or two exceed three a window');
  assert.equal(code(rejected), 'rate_limit_exceeded');
  const retryAfter = Number(rejected.headers.get('retry-after'));
  assert.ok(retryAfter >= 1 && retryAfter <= 10);
  assert.equal(rejected.headers.get('x-ratelimit-remaining'), '0');
  const other = await addWorkspace(database, 'other_rate');
  const authorization = `Bearer ${other.token}`;
  assert.equal((await limited.call('GET', '/me', undefined, { authorization })).status, 200);
});

test('rate limit: 0 means no limit and no headers', async () => {
  const free = await startTestParley({ PARLEY_RATE_LIMIT: '0' }, database);
  const response = await free.call('GET', '/me');
  assert.deepEqual([response.status, response.headers.get('x-ratelimit-limit')], [200, null]);
});

for (const [what, text, status] of [
  ['not HTTP', 'hello\r\n\r\n', 400],
  ['a broken header', 'GET / HTTP/1.1\r\nHost x\r\n\r\n', 400],
  [
    'two different lengths',
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    400,
  ],
  [
    'length and chunks',
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
  ],
  ['huge headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  [
    'a broken escape in the path',
    'GET /contacts/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    404,
  ],
] as const) {
  test(`${what}: gets ${status} with an error list in JSON`, async () => {
    const response = await sendRaw(text);
    assert.match(response, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(response, /content-type: application\/json/i);
    assert.match(response, /x-request-id: [0-9a-f-]{36}/i);
    const body = JSON.parse(response.slice(response.indexOf('\r\n\r\n') + 4));
    assert.equal(body.type, 'error.list');
  });
}

test('odd requests: get an error list (no Host, Expect, CONNECT, half-close)', async () => {
  const authorization = `Authorization: Bearer ${token}\r\nConnection: close`;
  assert.match(await sendRaw(`GET /me HTTP/1.1\r\n${authorization}\r\n\r\n`), /^HTTP\/1\.1 200 /);
  for (const [text, status] of [
    [`GET /me HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n${authorization}\r\n\r\n`, 417],
    ['CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 404],
  ] as const) {
    const response = await sendRaw(text);
    assert.match(response, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(response, /"type":"error.list"/);
    assert.match(response, /x-request-id: [0-9a-f-]{36}/i);
  }
  const { hostname, port } = new URL(url);
  const halfClosed = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }, () =>
      socket.end(`GET /me HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`),
    );
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
  });
  assert.match(halfClosed, /^HTTP\/1\.1 200 /);
});

test('Content-Encoding: gzip gets 415 that says so; identity is served', async () => {
  const rejected = await call('POST', path, valid(), { 'content-encoding': 'gzip' });
  assert.deepEqual([rejected.status, code(rejected)], [415, 'client_error']);
  assert.match(rejected.body.errors[0].message, /compressed/);
  assert.equal((await call('POST', path, valid(), { 'content-encoding': 'identity' })).status, 200);
});

test('slow client: gets 408 in JSON when its body does not arrive in time', async () => {
  const { openApp } = await import('../../src/http/server/app.ts');
  const { routes } = await import('../../src/http/routes.ts');
  const { Authentication } = await import('../../src/http/server/authentication.ts');
  const { CrossOrigin } = await import('../../src/http/server/cross-origin.ts');
  const { RateLimit } = await import('../../src/http/server/rate-limit.ts');
  const ids = { tokenId: 1, workspaceId: 1, adminId: 1 };
  const principal = {
    ...ids,
    channel: { strictVersion: false },
    scopes: ['events'],
    role: 'owner',
  };
  const app = openApp({
    routes,
    appRoutes: [],
    authentication: new Authentication(
      async ([hash]) => new Map([[hash!, principal as never]]),
      () => 0,
    ),
    rateLimit: new RateLimit(0, () => 0),
    crossOrigin: new CrossOrigin(
      async () => [],
      () => 0,
    ),
    dependencies: {
      bodyLimitBytes: 1000,
      files: { fileBytesMax: 1000 },
      log: { isLevelEnabled: () => false },
      metrics: { observeRequest() {} },
      commandPool: {},
    } as never,
    requestTimeoutMs: 300,
  });
  const address = await app.server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = new URL(address);
  const received = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      ),
    );
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
  });
  await app.server.close();
  assert.match(received, /^HTTP\/1\.1 408 /);
  assert.match(received, /"type":"error.list"/);
});

test('client that hangs up within its body: stores nothing, and the server goes on', async () => {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify(eventBody('new_conversation', { event_id: 'evt_hung_up' }));
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 50)}`,
        () => socket.destroy(),
      );
    });
    socket.on('close', () => resolve());
  });
  assert.equal((await call('GET', '/me')).status, 200);
  const stored = await database.sql(`select 1 from channel_events where event_id = 'evt_hung_up'`);
  assert.equal(stored.length, 0);
});
