import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChannelEvent } from '../../contract/channel-events.ts';
import { eventContent } from './idempotency-fingerprint.ts';

const text = fc.string({ maxLength: 4 });
const event: fc.Arbitrary<ChannelEvent> = fc.record({
  kind: fc.constant('new_message' as const),
  eventId: fc.constant('e'),
  externalConversationId: text,
  contact: fc.record({
    type: fc.constantFrom<('user' | 'lead')[]>('user', 'lead'),
    externalId: text,
    name: fc.option(text, { nil: null }),
    email: fc.option(text, { nil: null }),
  }),
  body: text,
});

test('fingerprint: is equal exactly when the events are equal', () => {
  fc.assert(
    fc.property(event, event, (a, b) => {
      const areEqual = JSON.stringify(a) === JSON.stringify(b);
      assert.equal(eventContent(1, a) === eventContent(1, b), areEqual);
      assert.notEqual(eventContent(1, a), eventContent(2, a));
    }),
  );
});
