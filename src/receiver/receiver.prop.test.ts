// In any order of deliveries, and with any repeats, the handler succeeds exactly once for each event.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { message, nowMs, secret, sign } from './deliveries.fixture.ts';
import { createReceiver } from './receiver.ts';

const events = [1, 2, 3, 4, 5].flatMap((sequence) =>
  ['11', '12'].map((conversation) => message(sequence, { conversation })),
);
const signed = events.map((event) => sign(event));

/** Generates deliveries: every event at least once, in any order, some repeated. */
const deliveries = fc
  .array(fc.nat({ max: events.length - 1 }), { maxLength: 15 })
  .chain((again) => {
    const all = [...events.keys(), ...again];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

/** Generates the number of concurrent deliveries, and which calls of the handler fail. */
const conditions = fc.record({
  batch: fc.integer({ min: 1, max: 8 }),
  failures: fc.array(fc.boolean(), { maxLength: 10 }),
});

test('deliveries: each event succeeds exactly once, in any order, despite failures', async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, conditions, async (order, { batch, failures }) => {
      const succeeded: string[] = [];
      const inFlight = new Set<string>();
      let calls = 0;
      const receiver = createReceiver({
        secrets: secret,
        clock: () => nowMs,
        onEvent: async (event) => {
          assert.ok('conversation_id' in event && !inFlight.has(event.conversation_id));
          inFlight.add(event.conversation_id);
          await Promise.resolve();
          inFlight.delete(event.conversation_id);
          calls += 1;
          if (failures[calls - 1]) throw new Error('fails');
          succeeded.push(event.event_id);
        },
        onError: (error) => assert.equal((error as Error).message, 'fails'),
      });
      // Like Parley: an event without a 2xx response is sent again.
      for (let waiting = order; waiting.length > 0; ) {
        const [now, later] = [waiting.slice(0, batch), waiting.slice(batch)];
        const responses = await Promise.all(now.map((index) => receiver.receive(signed[index]!)));
        waiting = [...later, ...now.filter((_, at) => responses[at]!.status !== 200)];
      }
      assert.deepEqual(succeeded.toSorted(), events.map(({ event_id: id }) => id).toSorted());
    }),
    { numRuns: 150 },
  );
});

test('gaps: reports only sequences that never arrived before, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, async (order) => {
      const arrived = new Map<string, Set<number>>([
        ['11', new Set()],
        ['12', new Set()],
      ]);
      const receiver = createReceiver({
        secrets: secret,
        clock: () => nowMs,
        onEvent: (event, { missing, isLate }) => {
          assert.ok(event.sequence !== null);
          const before = arrived.get(event.conversation_id)!;
          const last = Math.max(0, ...before);
          assert.equal(isLate, event.sequence < last);
          const isJump = last > 0 && event.sequence > last + 1;
          const range = isJump ? { from: last + 1, to: event.sequence - 1 } : null;
          assert.deepEqual(missing, range);
          before.add(event.sequence);
        },
        onError: (error) => {
          throw error;
        },
      });
      for (const index of order) {
        assert.equal((await receiver.receive(signed[index]!)).status, 200);
      }
    }),
    { numRuns: 100 },
  );
});
