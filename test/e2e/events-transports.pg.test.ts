// A teammate's actions reach the app by both pull transports with the same text, in the same order, without delay.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person, startTestParley } from '../support/server.ts';
import { openEventStream } from './event-stream-reader.ts';

const parley = await startTestParley();
const { url, token } = parley;

test('transports: stream and polling show replies and closing with equal numbers', async () => {
  const contact = person('transports');
  const external = { external_conversation_id: 'transports', contact };
  const stream = await openEventStream(`${url}/parley/v1/events/stream`, token);
  await stream.until(({ lastId }) => lastId === '0');
  const made = await parley.notify('new_conversation', external);
  const { conversation_id: id } = made.body;
  const admin = { type: 'admin', admin_id: '1' };
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const count = stream.ids.length;
    const body = { message_type: 'comment', ...admin, body: `Answer ${round}` };
    const response = await parley.call('POST', `/conversations/${id}/reply`, body);
    assert.equal(response.status, 200);
    const start = performance.now();
    await stream.until(({ ids }) => ids.length > count);
    waits.push(performance.now() - start);
  }
  await parley.call('POST', `/conversations/${id}/parts`, { message_type: 'close', ...admin });
  await stream.until(({ messages }) => messages.at(-1)!.event === 'status_updated');
  // By polling every half second alone, each event would take most of that.
  assert.ok(waits.toSorted((a, b) => a - b)[3]! < 250, waits.join());
  const streamed = stream.messages.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const polled = (await parley.call('GET', '/parley/v1/events')).body;
  assert.deepEqual(
    polled.data,
    streamed.map((data) => JSON.parse(data)),
  );
  assert.deepEqual(
    polled.data.map(({ sequence }: { sequence: number }) => sequence),
    streamed.map((_, index) => index + 1),
  );
  assert.equal(polled.data[0].message.body_text, 'Answer 0');
  assert.equal(polled.next, stream.lastId);
});
