// The client address in the request log: the peer, or the client behind a trusted proxy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../support/postgres.ts';
import { startParley } from '../support/process.ts';

const database = await openTestDatabase();

/** Reads the client that the log names for a request with this header. */
async function clientInLog(settings: Record<string, string>, forwardedFor: string) {
  const { parley, url } = await startParley({
    settings: { PARLEY_DATABASE_URL: database.url, ...settings },
  });
  const response = await fetch(`${url}/nowhere`, { headers: { 'x-forwarded-for': forwardedFor } });
  const { request_id: id } = (await response.json()) as { request_id: string };
  await parley.stop();
  const lines = parley.log.split('\n').filter((line) => line.includes(id));
  return lines.map((line) => (JSON.parse(line) as { client?: string }).client);
}

test('request log: names the peer, whatever a header says, if no proxy is trusted', async () => {
  assert.deepEqual(await clientInLog({}, '203.0.113.9'), ['127.0.0.1']);
});

test('request log: names the nearest address that is no proxy behind a trusted one', async () => {
  const settings = { PARLEY_TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8' };
  assert.deepEqual(await clientInLog(settings, '127.0.0.1, 203.0.113.9, 10.0.0.2'), [
    '203.0.113.9',
  ]);
});
