// During a flood of guessed tokens on 400 connections, a valid token that is not cached yet is served, from the address
// of the flood and from another one.

import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { sha256Hex } from '../../src/base/random.ts';
import { startTestParley } from '../support/server.ts';

const FLOOD_CONNECTIONS = 400;
const parley = await startTestParley();

/** Sends GET /me from a local address. @returns the status. */
function whoAmI(token: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request(`${parley.url}/me`, { agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
    })
      .on('error', reject)
      .end();
  });
}

/** Creates a valid token that no server has cached. */
async function installToken(token: string): Promise<string> {
  await parley.database.sql(
    `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     select workspace_id, channel_id, admin_id, $1, decode($2, 'hex'), 'hint'
     from access_tokens limit 1`,
    [token, sha256Hex(token)],
  );
  return token;
}

test('token flood: serves valid tokens that are not cached, whatever their address', async (context) => {
  const flood = new Agent({ keepAlive: true, maxSockets: FLOOD_CONNECTIONS });
  let isOver = false;
  const statuses = new Map<number, number>();
  const guessing = Array.from({ length: FLOOD_CONNECTIONS }, async (_, connection) => {
    for (let count = 0; !isOver; count += 1) {
      const status = await whoAmI(`guess_${connection}_${count}_abcdefgh`, flood);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  while ((statuses.get(401) ?? 0) + (statuses.get(503) ?? 0) < 2 * FLOOD_CONNECTIONS) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const localAddress of ['127.0.0.1', '127.0.0.2']) {
    for (let number = 0; number < 8; number += 1) {
      const token = await installToken(`valid_${localAddress}_${number}_abcdefgh`);
      const own = new Agent({ localAddress });
      const startedAt = performance.now();
      assert.equal(await whoAmI(token, own), 200);
      context.diagnostic(`${localAddress}: ${Math.round(performance.now() - startedAt)} ms`);
    }
  }
  isOver = true;
  await Promise.all(guessing);
  flood.destroy();
  assert.deepEqual([...statuses.keys()], [401], 'guesses are refused, not turned away');
});
