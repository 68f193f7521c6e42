import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Callback } from './callbacks.ts';
import { ClaimQueue, sortClaimed } from './claim-queue.ts';
import { released } from './deliver-lane.ts';
import { LeaseQuota } from './delivery-slots.ts';
import { DueTimes } from './due-times.ts';
import { Endpoint, type LeasedLane } from './endpoint-health.ts';
import { SendScheduler } from './send-scheduler.ts';

const callback: Callback = {
  workspaceId: 1,
  channelId: 1,
  url: 'https://app.example/',
  format: 'parley',
  timeoutMs: 1_000,
  retryDelaysMs: null,
  allowedCidrs: [],
  tokenHeader: null,
  secrets: ['whsec_AAAA'],
};

const newLane = (conversationId: number): LeasedLane => ({
  workspaceId: 1,
  conversationId,
  channelId: 1,
  nextSequence: 1,
  lastSequence: 1,
  attempt: 0,
  gapFrom: null,
  firstAttemptAt: null,
  resend: null,
  events: [],
  lease: 'lease',
  leaseEndsAt: 0,
});

const newLanes = (count: number) => Array.from({ length: count }, (_, index) => newLane(index));

function newChannel(state: 'new' | 'healthy' | 'failing'): Endpoint {
  const channel = new Endpoint(callback);
  if (state === 'new') return channel;
  for (let count = 0; count < 3; count += 1) channel.noteAttempt(state === 'failing', 1);
  return channel;
}

/** Opens a scheduler whose lanes are in flight until the test ends them. */
function openScheduler() {
  const inFlight: { channel: Endpoint; finish: () => void }[] = [];
  const freed: LeasedLane[] = [];
  const served: Endpoint[] = [];
  const scheduler = new SendScheduler({
    deliver: (lane, channel) =>
      new Promise((resolve) => {
        inFlight.push({ channel, finish: () => resolve(released(lane)) });
      }),
    onDelivered: (_lane, _settled, channel) => served.push(channel),
    onReleased: (lane) => freed.push(lane),
  });
  const sendingOf = (channel: Endpoint) => inFlight.filter((one) => one.channel === channel).length;
  return { scheduler, inFlight, freed, served, sendingOf };
}

test('send scheduler: a healthy endpoint has 64 lanes in flight, a failing one two', () => {
  const { scheduler, sendingOf } = openScheduler();
  const [healthy, failing] = [newChannel('healthy'), newChannel('failing')];
  scheduler.add(failing, newLanes(100));
  scheduler.add(healthy, newLanes(100));
  assert.equal(sendingOf(healthy), 64);
  assert.equal(sendingOf(failing), 2);
  assert.equal(scheduler.queued, 36 + 98);
});

test('send scheduler: pace starts at eight, doubles and falls back after a failure', () => {
  const { scheduler, sendingOf } = openScheduler();
  const channel = newChannel('new');
  assert.equal(channel.wanted, 8);
  scheduler.add(channel, newLanes(100));
  assert.equal(sendingOf(channel), 8);
  for (const expected of [16, 32, 64, 64]) {
    channel.noteAttempt(false, 1);
    scheduler.sendMore(channel);
    assert.equal(sendingOf(channel), expected);
  }
  assert.equal(channel.pace, 64);
  channel.noteAttempt(true, 1);
  assert.equal(channel.pace, 8);
});

test('send scheduler: pace falls back to eight after a pause', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const channel = newChannel('healthy');
  assert.equal(channel.pace, 64);
  now += 5_000;
  assert.equal(channel.pace, 8);
  channel.noteAttempt(false, 1);
  assert.equal(channel.pace, 16);
});

const allFree = () => new LeaseQuota([], 0);

test('claim queue: an idle channel that is woken goes first, a busy one does not', () => {
  const queue = new ClaimQueue();
  const [polled, busy, woken] = [
    newChannel('healthy'),
    newChannel('healthy'),
    newChannel('healthy'),
  ];
  busy.sending = 1;
  queue.add('polled', polled);
  queue.addWoken('busy', busy);
  queue.addWoken('woken', woken);
  assert.deepEqual([...queue.take(allFree()).keys()], [woken, polled, busy]);
  assert.equal(queue.size, 0);
});

test('claim queue: channels without free slots keep their order', () => {
  const queue = new ClaimQueue();
  const hanging = Array.from({ length: 256 }, () => newChannel('new'));
  for (const channel of hanging) channel.sending = 1;
  const [one, two, healthy] = [newChannel('new'), newChannel('new'), newChannel('healthy')];
  queue.add('one', one);
  queue.addWoken('two', two);
  queue.addWoken('healthy', healthy);
  const take = () => [...queue.take(new LeaseQuota(hanging, 0)).keys()];
  assert.deepEqual(take(), [healthy]);
  queue.addWoken('two', two);
  hanging.pop();
  assert.deepEqual(take(), [one]);
  queue.addWoken('one', one);
  assert.deepEqual(take(), [two]);
});

test('claim queue: a channel that recovers while queued waits no longer', () => {
  const queue = new ClaimQueue();
  const hanging = Array.from({ length: 256 }, () => newChannel('new'));
  for (const channel of hanging) channel.sending = 1;
  const channel = newChannel('new');
  queue.add('key', channel);
  const take = () => [...queue.take(new LeaseQuota(hanging, 0)).keys()];
  assert.deepEqual(take(), []);
  channel.noteAttempt(false, 1);
  queue.move('key', channel);
  assert.deepEqual(take(), [channel]);
});

test('claim queue: a full claim leaves the remaining channels to be asked again', () => {
  const order = (channelId: number) => ({ workspaceId: 1, channelId, lanesMax: 3, leaseMs: 1 });
  const claimed = [1, 1, 1, 2, 3].map((channelId) => ({ ...newLane(1), channelId }));
  const mayHaveMore = (isFull: boolean) =>
    sortClaimed([order(1), order(2), order(3), order(4)], claimed, isFull).map(
      (found) => found.mayHaveMore,
    );
  assert.deepEqual(mayHaveMore(false), [true, false, false, false]);
  assert.deepEqual(mayHaveMore(true), [true, false, true, true]);
});

test('send scheduler: releasing an endpoint frees its queued lanes only', async () => {
  const { scheduler, inFlight, freed, served } = openScheduler();
  const channel = newChannel('healthy');
  scheduler.add(channel, newLanes(70));
  scheduler.release(channel);
  assert.equal(freed.length, 6);
  assert.equal(scheduler.sending, 64);
  for (const { finish } of inFlight) finish();
  await scheduler.idle();
  assert.equal(served.length, 64);
});

test('send scheduler: abandoning frees each lane once and ignores late results', async () => {
  const { scheduler, inFlight, freed, served } = openScheduler();
  scheduler.add(newChannel('healthy'), newLanes(3));
  scheduler.abandon();
  assert.equal(freed.length, 3);
  for (const { finish } of inFlight) finish();
  await scheduler.idle();
  await null;
  assert.equal(served.length, 0);
});

test('due times: channels come at the time of their retry, far ones not at all', () => {
  const times = new DueTimes();
  assert.equal(times.next, Number.POSITIVE_INFINITY);
  times.add('a', 1_000, 1_000);
  times.add('b', 1_000, 990);
  times.add('c', 1_000, 3_000);
  times.add('d', 1_000, 3_600_000);
  assert.equal(times.next, 2_000);
  assert.deepEqual(times.take(1_999), []);
  assert.deepEqual(times.take(2_000), ['a', 'b']);
  assert.equal(times.next, 4_000);
  assert.deepEqual(times.take(10_000_000), ['c']);
});
