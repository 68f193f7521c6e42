import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventId, eventSequenceMax, readEventId } from './outbound-event-id.ts';

const conversationId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const sequence = fc.integer({ min: 1, max: eventSequenceMax });
const time = fc.integer({ min: 0, max: 2 ** 47 });

test('event id: is a UUIDv7 that encodes the event and its time', () => {
  fc.assert(
    fc.property(conversationId, sequence, time, (conversation, number, nowMs) => {
      const id = eventId(conversation, number, nowMs);
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.deepEqual(readEventId(id), { conversationId: conversation, sequence: number });
      assert.equal(Number.parseInt(id.replace('-', '').slice(0, 12), 16), nowMs);
    }),
  );
});

test('event id: decodes nothing from any other text', () => {
  for (const text of ['', 'x', '00000000-0000-4000-8000-000000000000', `${'0'.repeat(36)}`]) {
    assert.equal(readEventId(text), null, text);
  }
});
