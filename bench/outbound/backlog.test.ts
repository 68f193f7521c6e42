// The backlog consists of events as Parley would have logged them: with the contract's shape, and with valid ids.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Schema from 'typebox/schema';
import { loggedEvents } from '../../src/contract/outbound-events.ts';
import { readEventId } from '../../src/core/conversation/outbound-event-id.ts';
import { backlogOf } from './backlog.ts';

const events = backlogOf({ conversations: 3, eventsEach: 4 }, 1_790_000_000_000);

test('backlog: numbers the events of each conversation in the order of their times', () => {
  assert.equal(events.length, 12);
  const byConversation = Map.groupBy(events, ({ conversationId }) => conversationId);
  assert.equal(byConversation.size, 3);
  for (const own of byConversation.values()) {
    assert.deepEqual(
      own.map(({ sequence }) => sequence),
      [1, 2, 3, 4],
    );
    assert.equal(new Set(own.map(({ createdAt }) => createdAt)).size, 4);
  }
  assert.deepEqual(
    events,
    events.toSorted((a, b) => a.createdAt - b.createdAt),
  );
});

test('backlog: every event has the shape of the contract and is found by its id', () => {
  for (const { id, body, conversationId, sequence } of events) {
    const event = JSON.parse(body);
    assert.ok(Schema.Check(loggedEvents.new_message, event), body);
    assert.equal(event.event_id, id);
    assert.deepEqual(readEventId(id), { conversationId, sequence });
  }
});
