import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Callback } from './callbacks.ts';
import { ClaimQueue, sortClaimed } from './claim-queue.ts';
import { released } from './deliver-lane.ts';
import { DueTimes } from './due-times.ts';
import { Endpoint, type LeasedLane } from './endpoint-health.ts';
import { LeaseQuota } from './lease-quota.ts';
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

function newChannel(state: 'new' | 'well' | 'failing'): Endpoint {
  const channel = new Endpoint(callback);
  if (state === 'new') return channel;
  for (let count = 0; count < 3; count += 1) channel.noteAttempt(state === 'failing', 1);
  return channel;
}

/** Turns whose lanes are on their way until the test says otherwise. */
function play() {
  const onTheWay: { channel: Endpoint; finish: () => void }[] = [];
  const freed: LeasedLane[] = [];
  const served: Endpoint[] = [];
  const turns = new SendScheduler({
    serve: (lane, channel) =>
      new Promise((resolve) => {
        onTheWay.push({ channel, finish: () => resolve(released(lane)) });
      }),
    onServed: (_lane, _settled, channel) => served.push(channel),
    onReleased: (lane) => freed.push(lane),
  });
  const sendingOf = (channel: Endpoint) => onTheWay.filter((one) => one.channel === channel).length;
  return { turns, onTheWay, freed, served, sendingOf };
}

test('turns: a receiver that is well, 64 lanes at a time; one that fails, two', () => {
  const { turns, sendingOf } = play();
  const [well, failing] = [newChannel('well'), newChannel('failing')];
  turns.add(failing, newLanes(100));
  turns.add(well, newLanes(100));
  assert.equal(sendingOf(well), 64);
  assert.equal(sendingOf(failing), 2);
  assert.equal(turns.queued, 36 + 98);
});

test('turns: a receiver that is new, eight at a time; with each delivery twice as many, after a failure eight', () => {
  const { turns, sendingOf } = play();
  const channel = newChannel('new');
  assert.equal(channel.wanted, 8);
  turns.add(channel, newLanes(100));
  assert.equal(sendingOf(channel), 8);
  for (const expected of [16, 32, 64, 64]) {
    channel.noteAttempt(false, 1);
    turns.sendMore(channel);
    assert.equal(sendingOf(channel), expected);
  }
  assert.equal(channel.pace, 64);
  channel.noteAttempt(true, 1);
  assert.equal(channel.pace, 8);
});

test('turns: a receiver that was well and has taken nothing for a while, eight at a time again', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const channel = newChannel('well');
  assert.equal(channel.pace, 64);
  now += 5_000;
  assert.equal(channel.pace, 8);
  channel.noteAttempt(false, 1);
  assert.equal(channel.pace, 16);
});

const allFree = () => new LeaseQuota([], 0);

test('asking: an idle channel that is woken goes before those found by a poll; a busy one does not', () => {
  const asking = new ClaimQueue();
  const [polled, busy, woken] = [newChannel('well'), newChannel('well'), newChannel('well')];
  busy.sending = 1;
  asking.add('polled', polled);
  asking.addWoken('busy', busy);
  asking.addWoken('woken', woken);
  assert.deepEqual([...asking.take(allFree()).keys()], [woken, polled, busy]);
  assert.equal(asking.size, 0);
});

test('asking: no place for those that are not well, they keep their order, and who is woken does not pass them', () => {
  const asking = new ClaimQueue();
  const hanging = Array.from({ length: 256 }, () => newChannel('new'));
  for (const channel of hanging) channel.sending = 1;
  const [one, two, well] = [newChannel('new'), newChannel('new'), newChannel('well')];
  asking.add('one', one);
  asking.addWoken('two', two);
  asking.addWoken('well', well);
  const take = () => [...asking.take(new LeaseQuota(hanging, 0)).keys()];
  assert.deepEqual(take(), [well]);
  asking.addWoken('two', two);
  hanging.pop();
  assert.deepEqual(take(), [one]);
  asking.addWoken('one', one);
  assert.deepEqual(take(), [two]);
});

test('asking: a channel that shows itself well while it waits, it waits no longer', () => {
  const asking = new ClaimQueue();
  const hanging = Array.from({ length: 256 }, () => newChannel('new'));
  for (const channel of hanging) channel.sending = 1;
  const channel = newChannel('new');
  asking.add('key', channel);
  const take = () => [...asking.take(new LeaseQuota(hanging, 0)).keys()];
  assert.deepEqual(take(), []);
  channel.noteAttempt(false, 1);
  asking.move('key', channel);
  assert.deepEqual(take(), [channel]);
});

test('asking: a claim that had enough, channels that were not looked at may have more', () => {
  const order = (channelId: number) => ({ workspaceId: 1, channelId, lanesMax: 3, leaseMs: 1 });
  const claimed = [1, 1, 1, 2, 3].map((channelId) => ({ ...newLane(1), channelId }));
  const mayHaveMore = (isFull: boolean) =>
    sortClaimed([order(1), order(2), order(3), order(4)], claimed, isFull).map(
      (found) => found.mayHaveMore,
    );
  assert.deepEqual(mayHaveMore(false), [true, false, false, false]);
  assert.deepEqual(mayHaveMore(true), [true, false, true, true]);
});

test('turns: a channel that must not be called any more, what waits is freed, what is on its way is not', async () => {
  const { turns, onTheWay, freed, served } = play();
  const channel = newChannel('well');
  turns.add(channel, newLanes(70));
  turns.release(channel);
  assert.equal(freed.length, 6);
  assert.equal(turns.sending, 64);
  for (const { finish } of onTheWay) finish();
  await turns.idle();
  assert.equal(served.length, 64);
});

test('turns: given up on, each lane is freed once, and a late result is not listened to', async () => {
  const { turns, onTheWay, freed, served } = play();
  turns.add(newChannel('well'), newLanes(3));
  turns.abandon();
  assert.equal(freed.length, 3);
  for (const { finish } of onTheWay) finish();
  await turns.idle();
  await null;
  assert.equal(served.length, 0);
});

test('due times: channels by the moment of their retry, soonest first, far ones left to the polls', () => {
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
