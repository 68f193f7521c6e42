// The rule by which channels get places, played with channels that take all they can get and never give it back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endpoint } from './endpoint-health.ts';
import { LeaseQuota, lanesHeldMax } from './lease-quota.ts';

function newChannel(state: 'new' | 'well' | 'failing'): Endpoint {
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

/** Each channel in its turn takes what it gets, until nobody gets anything. */
function takeAll(...groups: (readonly Endpoint[])[]): void {
  const channels = groups.flat();
  for (let taken = -1; taken !== 0; ) {
    const places = new LeaseQuota(channels, 0);
    taken = 0;
    for (const channel of channels) {
      const count = places.take(channel);
      for (let one = 0; one < count; one += 1) channel.beginSending();
      taken += count;
    }
  }
}

test('places: one channel alone, as many as it wants', () => {
  const [well, fresh, failing] = [newChannel('well'), newChannel('new'), newChannel('failing')];
  takeAll([well], [fresh], [failing]);
  assert.deepEqual([well.held, fresh.held, failing.held], [128, 8, 2]);
});

test('places: receivers that answer slowly, each all that its pace allows', () => {
  const slow = newChannels(4, 'well');
  for (const channel of slow) {
    for (let count = 0; count < 20; count += 1) channel.noteAttempt(false, 900);
  }
  takeAll(slow);
  assert.deepEqual(
    slow.map(({ held }) => held),
    [64, 64, 64, 64],
  );
});

test('places: any number of receivers that never answered, those that are well have what they want', () => {
  for (const count of [64, 1_000]) {
    const hanging = newChannels(count, 'new');
    takeAll(hanging);
    assert.ok(heldBy(hanging) <= 256);
    const well = newChannel('well');
    takeAll(hanging, [well]);
    assert.equal(well.held, 128);
  }
});

test('places: 64 receivers that never answered, the next one finds a place', () => {
  const hanging = newChannels(64, 'new');
  takeAll(hanging);
  const fresh = newChannel('new');
  takeAll(hanging, [fresh]);
  assert.ok(fresh.held > 0);
});

test('places: a thousand receivers that fail, one that never answered does not wait for them', () => {
  const failing = newChannels(1_000, 'failing');
  takeAll(failing);
  assert.equal(heldBy(failing), 128);
  const fresh = newChannel('new');
  takeAll(failing, [fresh]);
  assert.equal(fresh.held, 8);
});

test('places: many receivers that were well and hang all at once, one that is well finds a place and soon all', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  for (const count of [8, 64, 120]) {
    const hanging = newChannels(count, 'well');
    takeAll(hanging);
    assert.ok(new LeaseQuota(hanging, 0).freeFor('well') > 0, `${count}`);
    const well = newChannel('well');
    takeAll(hanging, [well]);
    assert.ok(well.held > 0, `${count}`);
    // They are silent by now, and get no more than those who never answered.
    now += 1_500;
    for (const channel of hanging) channel.sending = Math.ceil(channel.held / 2);
    const before = heldBy(hanging);
    for (let deliveries = 0; deliveries < 4; deliveries += 1) well.noteAttempt(false, 1);
    takeAll(hanging, [well]);
    assert.ok(heldBy(hanging) <= Math.max(before, 256), `${count}`);
    assert.equal(well.held, 128, `${count}`);
  }
});

test('places: far more than that hang, what is held is bounded', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const hanging: Endpoint[] = [];
  for (let seconds = 0; seconds < 8; seconds += 1) {
    const more = newChannels(500, 'well');
    takeAll(hanging, more);
    hanging.push(...more);
    now += 1_500;
  }
  assert.ok(heldBy(hanging) <= 2 * lanesHeldMax, `${heldBy(hanging)}`);
});

test('standing: a receiver that answers what it is sent is well; silent with something on its way, it is doubtful', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const channel = newChannel('new');
  assert.equal(channel.health, 'doubtful');
  channel.beginSending();
  channel.noteAttempt(false, 1);
  assert.equal(channel.health, 'well');
  now += 1_500;
  assert.equal(channel.health, 'doubtful');
  channel.noteAttempt(false, 1_500);
  assert.equal(channel.health, 'well');
  channel.sending = 0;
  now += 3_600_000;
  // With nothing on its way there is nothing to be heard.
  assert.equal(channel.health, 'well');
  channel.beginSending();
  assert.equal(channel.health, 'well');
  channel.noteAttempt(true, 1);
  assert.equal(channel.health, 'doubtful');
  for (let count = 0; count < 2; count += 1) channel.noteAttempt(true, 1);
  assert.equal(channel.health, 'failing');
});
