// Callbacks through the proxy of HTTPS_PROXY and to certificates of a private authority (NODE_EXTRA_CA_CERTS), under
// each Node that can start Parley.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { nodesToTry } from '../package/nodes.ts';
import { applyForTest } from '../support/apply.ts';
import { authority, certificate, certificateKey } from '../support/certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { listen } from '../support/listen.ts';
import { openTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { eventBody, request, SECRET_KEY } from '../support/server.ts';
import { until } from '../support/until.ts';
import { runParley, temporaryFolder } from './run-parley.ts';
import { startServe } from './serve-process.ts';

const caFile = join(temporaryFolder('authority'), 'ca.pem');
writeFileSync(caFile, authority);
const received: string[] = [];
let proxy: ConnectProxy;
let port: number;

before(async () => {
  proxy = await startConnectProxy();
  const app = createServer({ cert: certificate, key: certificateKey }, (call, response) => {
    received.push(`${call.headers.host} ${call.headers['parley-event']}`);
    response.end();
  });
  port = await listen(app);
});

async function prepare(host: string): Promise<TestDatabase> {
  const database = await openTestDatabase();
  await applyForTest(
    database,
    {
      workspace: 'default',
      channels: [
        {
          name: 'default',
          callback: { url: `https://${host}:${port}/parley`, allow_cidrs: ['127.0.0.1/32'] },
        },
      ],
      workflows: ['hello.yaml'],
    },
    {
      'hello.yaml':
        'name: Hello\ntrigger: { on: new_conversation }\nsteps: [{ id: a, do: send_message, body: Hello }]\n',
    },
  );
  return database;
}

const settingsOf = ({ url }: TestDatabase) => ({
  PARLEY_DATABASE_URL: url,
  PARLEY_SECRET_KEY: SECRET_KEY,
});

for (const node of nodesToTry) {
  test(`callback: ${node.title} trusts a private authority that is named`, async () => {
    const settings = settingsOf(await prepare('127.0.0.1'));
    const without = await runParley(['channel', 'ping', 'default', '--json'], {
      ...node,
      settings,
    });
    assert.equal(without.code, 1, without.out);
    assert.equal(without.json().reason, 'tls', without.out);
    const named = { ...settings, NODE_EXTRA_CA_CERTS: caFile };
    const ran = await runParley(['channel', 'ping', 'default'], { ...node, settings: named });
    assert.equal(ran.code, 0, ran.out + ran.err);
    assert.equal(received.at(-1), `127.0.0.1:${port} ping`);
  });

  test(`callback: ${node.title} delivers through a proxy`, async () => {
    const settings = {
      ...settingsOf(await prepare('callback.example')),
      NODE_EXTRA_CA_CERTS: caFile,
      https_proxy: `127.0.0.1:${proxy.port}`,
    };
    const asked = proxy.asked.length;
    const server = await startServe({ ...node, settings });
    const headers = { authorization: `Bearer ${server.token}` };
    const path = '/custom_channel_events/notify_new_conversation';
    const event = eventBody('new_conversation');
    const response = await request(`${server.url}${path}`, 'POST', event, headers);
    assert.equal(response.status, 200, JSON.stringify(response.body));
    const wanted = `callback.example:${port} new_message`;
    await until('it is delivered', () => received.includes(wanted), 30_000);
    received.length = 0;
    assert.deepEqual(proxy.asked.slice(asked), [`callback.example:${port}`]);
    server.child.kill('SIGTERM');
    await server.exited;
  });
}

test('config: shows proxies without their passwords, and reports invalid ones', async () => {
  const shown = await runParley(['config'], {
    settings: { HTTPS_PROXY: 'http://user:hidden@proxy.example:3128', no_proxy: '.svc' },
  });
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /HTTPS_PROXY +\*+ +environment/);
  assert.match(shown.out, /NO_PROXY +\.svc +environment/);
  assert.ok(!shown.out.includes('hidden'));
  const wrong = await runParley(['serve'], {
    settings: { HTTP_PROXY: 'socks5://user:hidden@p:1' },
  });
  assert.equal(wrong.code, 2);
  assert.match(
    wrong.err,
    /HTTP_PROXY must be the URL of a proxy, such as http:\/\/proxy\.example:3128/,
  );
  assert.ok(!wrong.err.includes('hidden'));
});
