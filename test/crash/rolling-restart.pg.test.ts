// Two servers behind a real HAProxy are restarted one after the other while events come in: no request is lost. Skipped
// where HAProxy is not installed.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { freePort } from '../support/listen.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { eventBody, request } from '../support/server.ts';
import { until } from '../support/until.ts';

const isInstalled = spawnSync('haproxy', ['-v']).status === 0;
const skip = isInstalled ? false : 'haproxy is not installed (Debian: apt-get install haproxy)';

/** The HAProxy settings that docs/operating.md advises, with reused connections. */
const proxySettings = (port: number, statsPort: number, servers: readonly number[]) => `
global
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 5s
frontend stats
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
frontend app
  bind 127.0.0.1:${port}
  default_backend parley
backend parley
  option httpchk GET /readyz
  option redispatch
  http-reuse always
  default-server check inter 1s fall 2 rise 1
${servers.map((one) => `  server s${one} 127.0.0.1:${one}`).join('\n')}
`;

type Proxy = {
  readonly url: string;
  /** Whether it sends requests to all servers. */
  readonly seesAll: () => Promise<boolean>;
};

async function startProxy(servers: readonly number[]): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-haproxy-'));
  const [port, statsPort] = [await freePort(), await freePort()];
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, proxySettings(port, statsPort, servers));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  child.on('error', () => {});
  afterAll(async () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await until('the proxy serves', async () => {
    const response = await fetch(`${url}/healthz`).catch(() => null);
    return response?.status === 200;
  });
  const seesAll = async () => {
    const stats = await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text();
    const lines = stats.split('\n').filter((line) => /^parley,s\d/.test(line));
    return lines.length === servers.length && lines.every((line) => line.split(',')[17] === 'UP');
  };
  await until('the proxy sees the servers', seesAll);
  return { url, seesAll };
}

test('rolling restart: loses no request of two servers behind a proxy', { skip }, async (t) => {
  const { url: databaseUrl } = await openTestDatabase();
  const ports = [await freePort(), await freePort()];
  const start = (port: number) =>
    startParley({
      settings: {
        PARLEY_DATABASE_URL: databaseUrl,
        PARLEY_LOG_LEVEL: 'warn',
        PARLEY_PORT: String(port),
        PARLEY_DRAIN_SECONDS: '5',
      },
    });
  const servers: ParleyProcess[] = [];
  for (const port of ports) servers.push((await start(port)).parley);
  const proxy = await startProxy(ports);

  let isOver = false;
  const counts = new Map<number | string, number>();
  const sender = async () => {
    while (!isOver) {
      const status = await request(
        `${proxy.url}/custom_channel_events/notify_new_conversation`,
        'POST',
        eventBody('new_conversation'),
        { authorization: `Bearer ${TOKEN}` },
      ).then(
        ({ status, body }) => (status === 200 ? 200 : `${status} ${JSON.stringify(body)}`),
        (error: Error) => String(error.cause ?? error),
      );
      counts.set(status, (counts.get(status) ?? 0) + 1);
      await pause(2);
    }
  };
  const senders = Array.from({ length: 12 }, sender);
  await pause(1_000);
  for (const [index, port] of ports.entries()) {
    assert.deepEqual(await servers[index]!.stop(), { code: 0, signal: null });
    await start(port);
    await until('the proxy has noticed the restart', proxy.seesAll);
  }
  isOver = true;
  await Promise.all(senders);
  t.diagnostic(JSON.stringify([...counts]));
  assert.deepEqual([...counts.keys()], [200]);
  assert.ok((counts.get(200) ?? 0) > 500);
});
