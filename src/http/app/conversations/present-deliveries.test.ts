// What a teammate sees of the delivery of a message, from the lane and the attempts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveredEvent, Deliveries } from '../../../store/inbox/deliveries.ts';
import { presentDeliveries } from './present-deliveries.ts';

const event = (sequence: number, fields: Partial<DeliveredEvent> = {}): DeliveredEvent => ({
  ...{ sequence, name: 'new_message', body: `{"message":{"id":"${sequence}00"}}`, createdAt: 1 },
  ...{ isDead: false, deadReason: null, attempts: [], ...fields },
});

const attempt = (outcome: DeliveredEvent['attempts'][number]['outcome'], at: number) => ({
  ...{ at, status: outcome === 'delivered' ? 200 : 503, outcome, latencyMs: 7 },
  detail: outcome === 'delivered' ? '' : 'maintenance'.repeat(100),
});

const show = (events: readonly DeliveredEvent[], fields: Partial<Deliveries> = {}) => {
  const lane = { nextSequence: 3, attempt: 0, dueAt: 99 };
  return presentDeliveries({ events, lane, hasCallback: true, isDisabled: false, ...fields });
};

test('deliveries: delivered, retrying, and queued behind it', () => {
  const events = [
    event(2, { attempts: [attempt('retry', 5), attempt('delivered', 9)] }),
    event(3, { attempts: [attempt('retry', 11)] }),
    event(5),
  ];
  const [done, retrying, queued] = show(events, {
    lane: { nextSequence: 3, attempt: 1, dueAt: 99 },
  });
  assert.deepEqual(
    [done!.state, done!.part_id, done!.delivered_at, done!.status, done!.attempts],
    ['delivered', '200', 9, 200, 2],
  );
  assert.deepEqual([retrying!.state, retrying!.next_at, retrying!.ahead], ['retrying', 99, 0]);
  assert.equal(retrying!.answer!.length, 300);
  assert.deepEqual([queued!.state, queued!.next_at, queued!.ahead], ['queued', null, 2]);
});

test('deliveries: a dead letter, one that a resend delivered, and a disabled callback', () => {
  const parked = [attempt('parked', 5)];
  const [dead, resent, waiting] = show(
    [
      event(1, { isDead: true, deadReason: 'HTTP 500', attempts: parked }),
      event(2, { isDead: true, deadReason: 'x', attempts: [...parked, attempt('delivered', 6)] }),
      event(3),
    ],
    { isDisabled: true },
  );
  assert.deepEqual([dead!.state, dead!.answer], ['dead', 'HTTP 500']);
  assert.deepEqual([resent!.state, waiting!.state], ['delivered', 'disabled']);
});

test('deliveries: without a callback nothing is known of them', () => {
  const body = '{"data":{"item":{"conversation_parts":{"conversation_parts":[{"id":"8"}]}}}}';
  const [unseen, published, status] = show(
    [event(1), event(2, { body }), event(3, { body: '{"status":"closed"}' })],
    { lane: null, hasCallback: false },
  );
  assert.deepEqual([unseen!.state, published!.part_id, status!.part_id], ['unseen', '8', null]);
});
