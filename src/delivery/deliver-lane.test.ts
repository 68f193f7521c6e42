import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingHttp, OutgoingRequest, OutgoingResponse } from '../outgoing/http-client.ts';
import type { Callback } from './callbacks.ts';
import { deliverLane } from './deliver-lane.ts';
import type { LeasedLane } from './endpoint-health.ts';

const callback: Callback = {
  workspaceId: 1,
  channelId: 1,
  url: 'https://app.example/',
  format: 'parley',
  timeoutMs: 1_000,
  retryDelaysMs: null,
  allowedCidrs: [],
  tokenHeader: null,
  secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`],
};

const laneWith = (body: string, fields: Partial<LeasedLane> = {}): LeasedLane => ({
  workspaceId: 1,
  conversationId: 1,
  channelId: 1,
  nextSequence: 3,
  lastSequence: 3,
  attempt: 0,
  gapFrom: null,
  firstAttemptAt: null,
  resend: null,
  events: [{ sequence: 3, name: 'new_message', body, createdAt: 1_000 }],
  lease: 'lease',
  leaseEndsAt: Number.POSITIVE_INFINITY,
  ...fields,
});

/** Serves a lane; every request gets the same response. */
async function serve(lane: LeasedLane, response: OutgoingResponse, format: Callback['format']) {
  const requests: OutgoingRequest[] = [];
  const send = async (request: OutgoingRequest) => {
    requests.push(request);
    return response;
  };
  const settled = await deliverLane(lane, {
    http: { send } as unknown as OutgoingHttp,
    clock: () => 2_000,
    random: () => 0.5,
    userAgent: 'Parley/test',
    callback: () => ({ ...callback, format }),
    onAttempt: () => {},
    endpoint: { hasTakenWithin: () => false, rejectsAll: false },
  });
  return { settled, bodies: requests.map(({ body }) => JSON.parse(String(body))) };
}

const responseOf = (status: number, retryAfterMs: number | null = null): OutgoingResponse =>
  ({ kind: 'responded', status, retryAfterMs, body: '', latencyMs: 1 }) as OutgoingResponse;

test('delivery: an event is sent in the format it was logged in', async () => {
  const ours = laneWith('{"event_id":"x","sequence":3}', { gapFrom: 2 });
  const { bodies } = await serve(ours, responseOf(200), 'intercom');
  assert.deepEqual(bodies, [{ event_id: 'x', sequence: 3, gap: { from: 2, to: 2 } }]);
  const theirs = laneWith('{"type":"notification_event","delivery_attempts":1}', { gapFrom: 2 });
  const sent = await serve(theirs, responseOf(200), 'parley');
  assert.deepEqual(sent.bodies, [
    { type: 'notification_event', delivery_attempts: 1, first_sent_at: 2 },
  ]);
});

test('delivery: Retry-After delays a resend by a minute at most', async () => {
  const dayMs = 86_400_000;
  const lane = laneWith('{}');
  assert.equal((await serve(lane, responseOf(429, dayMs), 'parley')).settled.delayMs, dayMs);
  const resend = { ...lane, resend: { sequence: 3, failures: 0 } };
  assert.equal((await serve(resend, responseOf(429, dayMs), 'parley')).settled.delayMs, 60_000);
});

test('delivery: a dead letter keeps no characters that PostgreSQL rejects', async () => {
  const response: OutgoingResponse = {
    kind: 'failed',
    reason: 'connection',
    detail: 'a\u0000b\ud800',
    latencyMs: 1,
  };
  const { settled } = await serve(laneWith('{}', { attempt: 99 }), response, 'parley');
  assert.equal(settled.deadLetter?.reason, 'connection: ab\ufffd');
});
