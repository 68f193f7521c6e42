// Commands on a server elsewhere that is none, is another, or cannot be reached: one sentence with its address, and the
// token goes nowhere else.

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { certificate, certificateKey } from '../support/certificates.ts';
import { freePort, listen } from '../support/listen.ts';
import { runParley } from './run-parley.ts';

const TOKEN = 'parley_operator_token_0123456789';

/** Runs a command on the server of a URL. */
const runOn = (url: string, token = TOKEN, words: readonly string[] = ['audit']) =>
  runParley(words, { settings: { PARLEY_URL: url, PARLEY_TOKEN: token } });

const serve = async (handle: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(handle))}`;

const asJson = (status: number, body: unknown): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
};

const error = (code: string, message: string) => ({
  type: 'error.list',
  errors: [{ code, message, field: null }],
});

/** Expects a failure of one sentence about the server. */
async function expectFailure(url: string, message: RegExp): Promise<void> {
  const { code, out, err } = await runOn(url);
  assert.deepEqual([code, out], [1, ''], err);
  assert.match(err, message);
  assert.ok(err.startsWith(`parley: ${url}`), err);
  assert.equal(err.trimEnd().split('\n').length, 1, err);
  assert.ok(!err.includes(TOKEN), err);
}

test('unreachable server: the error names the server and the reason', async () => {
  await expectFailure(
    `http://127.0.0.1:${await freePort()}`,
    /: nothing listens there: check the host and the port/,
  );
  await expectFailure('http://parley.invalid', /: the host name was not found|name servers/);
  const closing = createTcpServer((socket) => socket.destroy());
  await expectFailure(`http://127.0.0.1:${await listen(closing)}`, /: the connection broke/);
});

test('other server: the error says that it does not seem to be a Parley', async () => {
  const page = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>\u001b[31mWelcome</h1>');
  });
  await expectFailure(
    page,
    /responded to GET \/parley\/v1\/audit with 200 \(<h1>\\x1b\[31mWelcome/,
  );
  const proxy = await serve((_request, response) => {
    response.writeHead(502).end('x'.repeat(100_000));
  });
  await expectFailure(proxy, /with 502 \(x{200}\): it does not seem to be a Parley/);
  await expectFailure(await serve(asJson(200, null)), /with 200 \(null\): it does not seem/);
  const noHttp = createTcpServer((socket) => socket.end('hello\r\n\r\n'));
  await expectFailure(
    `http://127.0.0.1:${await listen(noHttp)}`,
    /: the server does not speak HTTP/,
  );
});

test('older server: the error names the route that it does not know', async () => {
  const url = await serve(asJson(404, error('not_found', 'Resource Not Found')));
  await expectFailure(
    `${url}/below/a/path`,
    /The server does not know GET \/parley\/v1\/audit: it is older than this command line/,
  );
});

test('wrong token: the error says of which server it must be one', async () => {
  const url = await serve(asJson(401, error('unauthorized', 'Access Token Invalid')));
  await expectFailure(url, /Access Token Invalid\. PARLEY_TOKEN must be a token of the server/);
});

test('redirect: is not followed, and the token stays', async () => {
  let followed = 0;
  const target = await serve((_request, response) => {
    followed += 1;
    response.end();
  });
  const url = await serve((_request, response) => {
    response.writeHead(307, { location: `${target}/\u0007`.replace('\u0007', '%07') }).end();
  });
  await expectFailure(
    url,
    /redirects to http:.*The token is never sent on: name the final address/,
  );
  assert.equal(followed, 0);
});

test('unknown certificate: the error says what it lacks', async () => {
  const secure = createHttpsServer({ cert: certificate, key: certificateKey }, (_, response) => {
    response.end('{}');
  });
  const port = await listen(secure);
  await expectFailure(
    `https://127.0.0.1:${port}`,
    /the certificate of the server is from an authority that this machine does not know: .*NODE_EXTRA_CA_CERTS/,
  );
  const plain = await serve((_request, response) => response.end('{}'));
  await expectFailure(plain.replace('http:', 'https:'), /does not speak TLS on this port/);
});

test('wrong address or token: exits with 2, sends nothing and never prints the token', async () => {
  const cases: readonly (readonly [url: string, token: string, message: RegExp])[] = [
    ['ftp://x', TOKEN, /PARLEY_URL must be a URL such as https:\/\/parley\.example\.com, not/],
    ['parley.example.com', TOKEN, /PARLEY_URL must be a URL/],
    ['http://me:word@x', TOKEN, /PARLEY_URL must not have a user name or a password/],
    ['http://x/?a=b', TOKEN, /PARLEY_URL must end before the "\?"/],
    ['http://x', '', /PARLEY_URL names a server, so PARLEY_TOKEN must be a token of it/],
    ['http://x', 'secret\nsecond line', /the token \(PARLEY_TOKEN\) contains a space/],
  ];
  for (const [url, token, message] of cases) {
    const { code, out, err } = await runOn(url, token);
    assert.deepEqual([code, out], [2, ''], err);
    assert.match(err, message);
    assert.ok(!err.includes('second') && !err.includes('word@'), err);
  }
  const { code, err } = await runParley(['audit', '--url', '']);
  assert.equal(code, 2);
  assert.match(err, /--url must be a URL/);
});

test('commands of the machine: reject --url and say why', async () => {
  for (const [name, reason] of Object.entries({
    backup: /parley backup takes no --url, because it copies the database/,
    migrate: /parley migrate takes no --url, because it changes/,
    doctor: /parley doctor takes no --url, because it examines this machine/,
    serve: /parley serve takes no --url, because it is the server/,
  })) {
    const words = name === 'backup' ? [name, 'x'] : [name];
    const { code, err } = await runOn('http://x', TOKEN, [...words, '--url', 'http://x']);
    assert.equal(code, 2);
    assert.match(err, reason);
  }
});
