// Runs deploy/nginx/parley.conf in a real nginx with TLS and a real server behind it; where nginx is not installed, the
// file is only read.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../cli/run-parley.ts';
import { afterAll } from '../support/after-all.ts';
import { authority, certificate, certificateKey } from '../support/certificates.ts';
import { freePort } from '../support/listen.ts';
import { eventBody, startTestParley, type TestParley } from '../support/server.ts';
import { until } from '../support/until.ts';

const file = fileURLToPath(new URL('../../deploy/nginx/parley.conf', import.meta.url));
const isInstalled = spawnSync('nginx', ['-v']).error === undefined;
const folder = temporaryFolder('nginx');
let port: number;
let parley: TestParley;

/** The file with the changes that its first lines ask for, in a minimal configuration. */
async function configuration(): Promise<string> {
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, certificateKey);
  const here = new URL(parley.url).host;
  const dead = await freePort();
  const site = readFileSync(file, 'utf8')
    // One server is down, the other is up.
    .replace(
      /server 127\.0\.0\.1:3000 (.*);/,
      `server 127.0.0.1:${dead} $1;\n    server ${here} $1;`,
    )
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`)
    .replace('    listen [::]:443 ssl http2;\n', '')
    .replace('/etc/ssl/parley/fullchain.pem', certificateFile)
    .replace('/etc/ssl/parley/privkey.pem', keyFile);
  writeFileSync(join(folder, 'site.conf'), site);
  const main = join(folder, 'nginx.conf');
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const places = kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join('\n');
  writeFileSync(
    main,
    `pid ${join(folder, 'pid')};\nerror_log ${join(folder, 'error.log')} warn;\nevents {}\n` +
      `http {\naccess_log off;\n${places}\ninclude ${join(folder, 'site.conf')};\n}\n`,
  );
  return main;
}

before(async () => {
  parley = await startTestParley({ PARLEY_TRUSTED_PROXIES: '127.0.0.1' });
  port = await freePort();
  const main = await configuration();
  if (!isInstalled) return;
  const tested = spawnSync('nginx', ['-t', '-c', main], { encoding: 'utf8' });
  assert.equal(tested.status, 0, tested.stderr);
  const nginx = spawn('nginx', ['-c', main, '-g', 'daemon off; master_process off;'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  nginx.on('error', () => {});
  afterAll(async () => void nginx.kill('SIGKILL'));
  await until('nginx listens', () =>
    call('GET', '/docs').then(
      () => true,
      () => false,
    ),
  );
});

async function open(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
  const request = tlsRequest({
    ...{ host: 'localhost', port, method, path, ca: authority, agent: false },
    headers: { authorization: `Bearer ${parley.token}`, 'content-type': 'application/json' },
  });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  return response;
}

async function call(method: string, path: string, body?: unknown) {
  const response = await open(method, path, body);
  let text = '';
  for await (const piece of response) text += piece;
  return { status: response.statusCode, text };
}

test('nginx: inner paths stay inside, in every spelling', async (t) => {
  if (!isInstalled) return t.diagnostic('nginx is not installed here');
  for (const path of [
    '/metrics',
    '/metrics/',
    '//metrics',
    '/healthz',
    '/readyz',
    '/x/../readyz',
  ]) {
    const { status, text } = await call('GET', path);
    assert.equal(status, 404, path);
    assert.match(text, /nginx/, path);
  }
});

test('nginx: loses no event while a server is down', async (t) => {
  if (!isInstalled) return t.diagnostic('nginx is not installed here');
  for (let number = 0; number < 20; number += 1) {
    const body = eventBody('new_conversation');
    const { status, text } = await call(
      'POST',
      '/custom_channel_events/notify_new_conversation',
      body,
    );
    assert.equal(status, 200, text);
  }
});

test('nginx: passes an event stream on at once', async (t) => {
  if (!isInstalled) return t.diagnostic('nginx is not installed here');
  const stream = await open('GET', '/parley/v1/events/stream');
  assert.equal(stream.statusCode, 200);
  let seen = '';
  stream.on('data', (piece: string) => {
    seen += piece;
  });
  stream.on('error', () => {});
  const body = eventBody('new_conversation');
  const made = await call('POST', '/custom_channel_events/notify_new_conversation', body);
  const { conversation_id: id } = JSON.parse(made.text) as { conversation_id: string };
  const reply = {
    message_type: 'comment',
    type: 'admin',
    admin_id: '1',
    body: 'Passed on at once',
  };
  const said = await call('POST', `/conversations/${id}/reply`, reply);
  assert.equal(said.status, 200, said.text);
  await until('the stream has it', () => seen.includes('Passed on at once'), 5_000);
  stream.destroy();
});

test('nginx: answers a waiting poll when its time is over', async (t) => {
  if (!isInstalled) return t.diagnostic('nginx is not installed here');
  const first = await call('GET', '/parley/v1/events?after=0&limit=200');
  const { next } = JSON.parse(first.text) as { next: string };
  const startedAt = performance.now();
  const { status, text } = await call('GET', `/parley/v1/events?wait=2&after=${next}`);
  assert.equal(status, 200, text);
  const ms = performance.now() - startedAt;
  assert.ok(ms > 1_500, `${ms} ms`);
});
