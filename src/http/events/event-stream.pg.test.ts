// An event stream over a real socket: a client that does not read is cut off, one that reads is not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { beginningOfLog } from '../../store/outbox/event-log.ts';
import { EventStream } from './event-stream.ts';
import { EventStreamHub } from './event-stream-hub.ts';

const stalledTimeoutMs = 600;
const log = pino({ level: 'silent' });
const channel = { workspaceId: 1, channelId: 1 };

test('event stream: closes a client that does not read, and keeps one that reads', async () => {
  const database = await openTestDatabase();
  const pool = openPool(database.target, 'read', { max: 2, onError: () => {} });
  const hub = new EventStreamHub(pool, log);
  const ended: string[] = [];
  const server = createServer((request, response) => {
    const scope = { ...channel, conversationId: null };
    new EventStream(
      response,
      {},
      {
        ...{ hub, scope, log, stalledTimeoutMs, place: beginningOfLog, resumeId: '0' },
        isPermitted: async () => true,
        onEnd: () => ended.push(request.url!),
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(async () => {
    hub.close();
    server.closeAllConnections();
    server.close();
    await pool.end();
  });
  const { port } = server.address() as AddressInfo;
  const open = async (name: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /${name} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'readable');
    return socket;
  };
  const [idle, reader] = [await open('idle'), await open('reader')];
  reader.resume();
  // More bytes than the socket buffers of both sides hold.
  const word = { conversationId: 7, name: 'typing_started', body: `"${'x'.repeat(1 << 20)}"` };
  const startMs = performance.now();
  while (ended.length === 0 && performance.now() - startMs < 20_000) {
    if (performance.now() - startMs < 2_000) hub.sendEphemeral(channel, word);
    await pause(50);
  }
  assert.deepEqual(ended, ['/idle']);
  assert.ok(performance.now() - startMs >= stalledTimeoutMs);
  idle.resume();
  await once(idle, 'close');
  await pause(2 * stalledTimeoutMs);
  assert.deepEqual(ended, ['/idle']);
  reader.destroy();
});
