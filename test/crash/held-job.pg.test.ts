// A Parley with the embedded PostgreSQL is killed during a webhook call: the next start repeats the call at once
// instead of waiting for the lease to expire.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { runParley, temporaryFolder } from '../cli/run-parley.ts';
import { listen } from '../support/listen.ts';
import { startParley, TOKEN } from '../support/process.ts';
import { eventBody, request } from '../support/server.ts';
import { until } from '../support/until.ts';
import { Cluster, makeDataFolder } from './cluster.ts';

const workflow = (url: string) => `name: Look up
trigger: { on: new_conversation }
steps:
  - { id: look, do: call_webhook, url: "${url}", timeout: 30s, retries: [] }
  - { id: tell, do: send_message, body: "Found." }
`;

/** Responds to everything but the first call of the workflow. */
async function openReceiver(): Promise<{ url: string; ids: string[] }> {
  const ids: string[] = [];
  const server = createServer((incoming, response) => {
    const isCall = incoming.url === '/lookup';
    if (isCall) ids.push(String(incoming.headers['webhook-id']));
    if (!isCall || ids.length > 1) response.end('{}');
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, ids };
}

test('held job: runs again at the next start, before the lease of the killed one ends', async () => {
  const settings = { PARLEY_DATA_DIR: makeDataFolder(), PARLEY_LOG_LEVEL: 'warn' };
  const { url, ids } = await openReceiver();
  const folder = temporaryFolder('held');
  const setup = {
    channels: [
      { name: 'default', callback: { url: `${url}/events`, allow_cidrs: ['127.0.0.0/8'] } },
    ],
    workflows: ['lookup.yaml'],
  };
  writeFileSync(join(folder, 'lookup.yaml'), workflow(`${url}/lookup`));
  writeFileSync(join(folder, 'parley.json'), JSON.stringify(setup));
  // Creates the data folder, as a start of the server does.
  await runParley(['migrate'], { settings });
  const applied = await runParley(['apply', '-f', join(folder, 'parley.json'), '--json'], {
    settings,
  });
  assert.equal(applied.code, 0, applied.out + applied.err);
  const cluster = await Cluster.of(settings.PARLEY_DATA_DIR);
  const { parley, url: address } = await startParley({ settings });
  const path = `${address}/custom_channel_events/notify_new_conversation`;
  const authorization = `Bearer ${TOKEN}`;
  const response = await request(path, 'POST', eventBody('new_conversation'), { authorization });
  assert.equal(response.status, 200);
  await until('it was called', () => ids.length > 0);
  await parley.kill();
  const [job] = await cluster.query<{ leaseEnd: Date }>('select due_at as "leaseEnd" from jobs');

  const second = (await startParley({ settings })).parley;
  await until('it was called again', () => ids.length > 1);
  const [now] = await cluster.query<{ isLeased: boolean }>('select $1 > now() as "isLeased"', [
    job!.leaseEnd,
  ]);
  assert.ok(now!.isLeased, 'the lease ended before the call was repeated: a slow start or machine');
  assert.deepEqual(ids, [ids[0], ids[0]]);
  await until('the run went on', async () => {
    const said = await cluster.query(`select from conversation_parts where body like '%Found.%'`);
    return said.length === 1;
  });
  assert.deepEqual(await cluster.query('select from jobs'), []);
  assert.deepEqual(await second.stop(), { code: 0, signal: null }, second.log);
});
