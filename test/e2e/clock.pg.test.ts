// A Parley on a machine whose clock is wrong stores the time of the database.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestParley } from '../support/server.ts';

const minute = 60_000;

for (const aheadMs of [7 * minute, -7 * minute]) {
  test(`clock: server ${aheadMs} ms ahead stores the time of the database`, async (context) => {
    const right = Date.now.bind(Date);
    context.mock.method(Date, 'now', () => right() + aheadMs);
    const { notify, call, stop } = await startTestParley();
    const { body } = await notify('new_conversation');
    const conversation = await call('GET', `/conversations/${body.conversation_id}`);
    const offMs = Math.abs(conversation.body.created_at * 1000 - right());
    assert.ok(offMs < minute, `${offMs} ms off`);
    await stop();
  });
}
