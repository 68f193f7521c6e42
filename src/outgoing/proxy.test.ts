// Requests through a real proxy in a separate process, to real servers on this machine. Only DNS is simulated.

import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { before, test } from 'node:test';
import { afterAll } from '../../test/support/after-all.ts';
import { certificate, certificateKey } from '../../test/support/certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../../test/support/connect-proxy.ts';
import { listen } from '../../test/support/listen.ts';
import { systemClock } from '../base/clock.ts';
import { OutgoingHttp } from './http-client.ts';
import { ProxyRules } from './proxy-rules.ts';

const names: Record<string, string[]> = {
  'public.example': ['93.184.216.34'],
  'inside.example': ['10.0.0.1'],
  'one-of-two.example': ['93.184.216.34', '169.254.169.254'],
};
const lookUp = async (name: string) => {
  const addresses = names[name];
  if (addresses === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return addresses.map((address) => ({ address, family: 4 }));
};

let proxy: ConnectProxy;
let tlsPort: number;
let plainPort: number;
let http: OutgoingHttp;

before(async () => {
  proxy = await startConnectProxy();
  const tls = createServer({ cert: certificate, key: certificateKey }, (_, response) => {
    response.end('over TLS');
  });
  const plain = createHttpServer((request, response) => response.end(`plain ${request.url}`));
  tlsPort = await listen(tls);
  plainPort = await listen(plain);
  const url = new URL(`http://us%40er:p%3Aw@127.0.0.1:${proxy.port}`);
  const settings = { httpsProxy: url, httpProxy: url, noProxy: 'direct.example' };
  http = new OutgoingHttp({ clock: systemClock, lookUp, proxy: settings });
  afterAll(() => http.close());
});

const send = (url: string, allowedCidrs: string[] = []) =>
  http.send({
    ...{ url, method: 'POST' as const, headers: {}, body: '{}' },
    ...{ timeoutMs: 5_000, allowedCidrs, responseBytesMax: 100 },
  });

test('proxy: an http: URL goes through a tunnel with name and password', async () => {
  const before = proxy.asked.length;
  const response = await send(`http://public.example:${plainPort}/path?x=1`);
  assert.equal(
    response.kind === 'responded' && response.body,
    'plain /path?x=1',
    JSON.stringify(response),
  );
  const login = Buffer.from('us@er:p:w').toString('base64');
  assert.deepEqual(proxy.asked.slice(before), [`public.example:${plainPort} Basic ${login}`]);
});

test('proxy: an https: URL has its certificate checked end to end', async () => {
  const response = await send(`https://public.example:${tlsPort}/`);
  assert.equal(response.kind === 'failed' && response.reason, 'tls', JSON.stringify(response));
});

test('proxy: never learns the name of a host that the guard rejects', async () => {
  const before = proxy.asked.length;
  for (const url of [
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'https://[fd00::1]/',
    'https://[::ffff:10.0.0.1]/',
    'http://0x0a.1/',
    'http://inside.example/',
    // The proxy could choose either address.
    'http://one-of-two.example/',
    // Names that are unknown here, but that a proxy inside the network would resolve.
    'http://metadata.google.internal/',
    'http://metadata/',
    'https://printer.local/',
  ]) {
    const response = await send(url);
    assert.equal(response.kind === 'failed' && response.reason, 'address_refused', url);
  }
  assert.deepEqual(proxy.asked.slice(before), []);
});

test('proxy: names that only the proxy resolves and allowed ranges pass', async () => {
  const unknown = await send(`http://only-the-proxy-knows.example:${plainPort}/`);
  assert.equal(unknown.kind, 'responded', JSON.stringify(unknown));
  const allowed = await send(`http://10.0.0.1:${plainPort}/`, ['10.0.0.0/8']);
  assert.equal(allowed.kind, 'responded', JSON.stringify(allowed));
  // A tunnel that one channel's allow-list permitted serves no other channel.
  const other = await send(`http://10.0.0.1:${plainPort}/`);
  assert.equal(other.kind === 'failed' && other.reason, 'address_refused');
});

test('proxy: this machine and NO_PROXY hosts are reached directly', async () => {
  const before = proxy.asked.length;
  const here = await send(`http://127.0.0.1:${plainPort}/`, ['127.0.0.1/32']);
  assert.equal(here.kind, 'responded', JSON.stringify(here));
  names['direct.example'] = ['127.0.0.1'];
  const direct = await send(`http://direct.example:${plainPort}/`, ['127.0.0.1/32']);
  assert.equal(direct.kind, 'responded', JSON.stringify(direct));
  assert.deepEqual(proxy.asked.slice(before), []);
});

test('proxy: is named as the reason if it rejects or is unreachable', async () => {
  const denied = await send('http://denied.example/');
  assert.ok(denied.kind === 'failed' && denied.reason === 'proxy', JSON.stringify(denied));
  assert.match(denied.detail, /answered 403 to CONNECT denied\.example:80/);
  const gone = new OutgoingHttp({
    ...{ clock: systemClock, lookUp },
    proxy: {
      httpsProxy: undefined,
      httpProxy: new URL('http://u:secret@127.0.0.1:1'),
      noProxy: '',
    },
  });
  afterAll(() => gone.close());
  const url = 'http://public.example/';
  const unreachable = await gone.send({
    ...{ url, method: 'GET', headers: {}, body: null, timeoutMs: 5_000 },
    ...{ allowedCidrs: [], responseBytesMax: 10 },
  });
  assert.ok(
    unreachable.kind === 'failed' && unreachable.reason === 'proxy',
    JSON.stringify(unreachable),
  );
  assert.ok(!unreachable.detail.includes('secret'), unreachable.detail);
});

test('proxy rules: NO_PROXY is read as other tools read it', () => {
  const url = new URL('http://proxy:3128');
  const isDirect = (noProxy: string, target: string): boolean => {
    const { protocol, hostname, port } = new URL(target);
    const rules = new ProxyRules({ httpsProxy: url, httpProxy: url, noProxy });
    return rules.proxyFor(protocol, hostname, port) === null;
  };
  const cases: [string, string, boolean][] = [
    ['', 'https://a.example', false],
    ['*', 'https://a.example', true],
    ['example', 'https://a.example', true],
    ['a.example', 'https://a.example', true],
    ['a.example', 'https://b.a.example', true],
    ['a.example', 'https://ba.example', false],
    ['.a.example', 'https://b.a.example', true],
    ['*.a.example', 'https://b.a.example', true],
    ['A.Example', 'https://a.EXAMPLE', true],
    ['x.example, a.example', 'https://a.example', true],
    ['a.example:443', 'https://a.example', true],
    ['a.example:8443', 'https://a.example', false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['fd12::1', 'https://[fd12::1]', true],
    ['', 'http://localhost', true],
    ['', 'http://127.8.8.8', true],
    ['', 'http://[::1]', true],
  ];
  for (const [noProxy, target, expected] of cases) {
    assert.equal(isDirect(noProxy, target), expected, `${noProxy} ${target}`);
  }
  const onlyTls = new ProxyRules({ httpsProxy: url, httpProxy: undefined, noProxy: undefined });
  assert.equal(onlyTls.proxyFor('http:', 'a.example', ''), null);
  assert.equal(onlyTls.proxyFor('https:', 'a.example', ''), url);
});
