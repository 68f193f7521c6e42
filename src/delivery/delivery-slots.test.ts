// The lease quota of channels, tested with channels that take every slot they can get and return none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseQuota, lanesHeldMax } from './delivery-slots.ts';
import { Endpoint } from './endpoint-health.ts';

function newChannel(state: 'new' | 'healthy' | 'failing'): Endpoint {
  const channel = new Endpoint({
    workspaceId: 1,
    channelId: 1,
    url: 'https://app.example/',
    format: 'parley',
    timeoutMs: 1_000,
    retryDelaysMs: null,
    allowedCidrs: [],
    tokenHeader: null,
    secrets: ['whsec_AAAA'],
  });
  if (state === 'new') return channel;
  for (let count = 0; count < 3; count += 1) channel.noteAttempt(state === 'failing', 1);
  return channel;
}

const newChannels = (count: number, state: Parameters<typeof newChannel>[0]) =>
  Array.from({ length: count }, () => newChannel(state));

const heldBy = (channels: readonly Endpoint[]) => channels.reduce((sum, { held }) => sum + held, 0);

/** Lets each channel in turn take the slots it gets, until none gets any. */
function takeAll(...groups: (readonly Endpoint[])[]): void {
  const channels = groups.flat();
  for (let taken = -1; taken !== 0; ) {
    const quota = new LeaseQuota(channels, 0);
    taken = 0;
    for (const channel of channels) {
      const count = quota.take(channel);
      for (let one = 0; one < count; one += 1) channel.beginSending();
      taken += count;
    }
  }
}

test('lease quota: one channel alone gets as many slots as it wants', () => {
  const [healthy, fresh, failing] = [
    newChannel('healthy'),
    newChannel('new'),
    newChannel('failing'),
  ];
  takeAll([healthy], [fresh], [failing]);
  assert.deepEqual([healthy.held, fresh.held, failing.held], [128, 8, 2]);
});

test('lease quota: slow endpoints get as many slots as their pace allows', () => {
  const slow = newChannels(4, 'healthy');
  for (const channel of slow) {
    for (let count = 0; count < 20; count += 1) channel.noteAttempt(false, 900);
  }
  takeAll(slow);
  assert.deepEqual(
    slow.map(({ held }) => held),
    [64, 64, 64, 64],
  );
});

test('lease quota: unproven endpoints take nothing from healthy ones', () => {
  for (const count of [64, 1_000]) {
    const hanging = newChannels(count, 'new');
    takeAll(hanging);
    assert.ok(heldBy(hanging) <= 256);
    const healthy = newChannel('healthy');
    takeAll(hanging, [healthy]);
    assert.equal(healthy.held, 128);
  }
});

test('lease quota: 64 unproven endpoints leave a slot for the next', () => {
  const hanging = newChannels(64, 'new');
  takeAll(hanging);
  const fresh = newChannel('new');
  takeAll(hanging, [fresh]);
  assert.ok(fresh.held > 0);
});

test('lease quota: a thousand failing endpoints leave slots for an unproven one', () => {
  const failing = newChannels(1_000, 'failing');
  takeAll(failing);
  assert.equal(heldBy(failing), 128);
  const fresh = newChannel('new');
  takeAll(failing, [fresh]);
  assert.equal(fresh.held, 8);
});

test('lease quota: healthy endpoints that hang all at once leave slots for others', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  for (const count of [8, 64, 120]) {
    const hanging = newChannels(count, 'healthy');
    takeAll(hanging);
    assert.ok(new LeaseQuota(hanging, 0).freeFor('healthy') > 0, `${count}`);
    const healthy = newChannel('healthy');
    takeAll(hanging, [healthy]);
    assert.ok(healthy.held > 0, `${count}`);
    // They are silent by now, and get no more than endpoints that never responded.
    now += 1_500;
    for (const channel of hanging) channel.sending = Math.ceil(channel.held / 2);
    const before = heldBy(hanging);
    for (let deliveries = 0; deliveries < 4; deliveries += 1) healthy.noteAttempt(false, 1);
    takeAll(hanging, [healthy]);
    assert.ok(heldBy(hanging) <= Math.max(before, 256), `${count}`);
    assert.equal(healthy.held, 128, `${count}`);
  }
});

test('lease quota: the lanes held are bounded however many endpoints hang', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const hanging: Endpoint[] = [];
  for (let seconds = 0; seconds < 8; seconds += 1) {
    const more = newChannels(500, 'healthy');
    takeAll(hanging, more);
    hanging.push(...more);
    now += 1_500;
  }
  assert.ok(heldBy(hanging) <= 2 * lanesHeldMax, `${heldBy(hanging)}`);
});

test('endpoint health: silence with lanes in flight makes an endpoint unproven', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const channel = newChannel('new');
  assert.equal(channel.health, 'unproven');
  channel.beginSending();
  channel.noteAttempt(false, 1);
  assert.equal(channel.health, 'healthy');
  now += 1_500;
  assert.equal(channel.health, 'unproven');
  channel.noteAttempt(false, 1_500);
  assert.equal(channel.health, 'healthy');
  channel.sending = 0;
  now += 3_600_000;
  // With nothing in flight, silence means nothing.
  assert.equal(channel.health, 'healthy');
  channel.beginSending();
  assert.equal(channel.health, 'healthy');
  channel.noteAttempt(true, 1);
  assert.equal(channel.health, 'unproven');
  for (let count = 0; count < 2; count += 1) channel.noteAttempt(true, 1);
  assert.equal(channel.health, 'failing');
});
