import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SignalKeys, WaitingSignal } from './signal.ts';
import { SignalQueue } from './signal-queue.ts';

type Numbered = WaitingSignal & { readonly number: number };

const signal = (number: number, keys: SignalKeys, queuedAt = 0, isAlone = false) =>
  ({ number, keys, queuedAt, isAlone, size: 10, workspaceId: 1 }) as Numbered;
/** A signal that is not an inbound event has only a conversation: here each signal with event 0. */
const keys = (event: number, contact: number, conversation: number): SignalKeys =>
  event === 0 ? [`v${conversation}`] : [`v${conversation}`, `c${contact}`, `e${event}`];
const shares = (a: SignalKeys, b: SignalKeys) => a.some((key) => b.includes(key));

const arrivals = fc.array(fc.tuple(fc.nat(6), fc.nat(4), fc.nat(4), fc.nat(9)), { maxLength: 60 });

test('queue: each signal is taken once and in order per key; groups share no key', () => {
  fc.assert(
    fc.property(
      arrivals,
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat(2)),
      (all, max, coins) => {
        const queue = new SignalQueue();
        const signals = all.map(([e, c, v, alone], number) =>
          signal(number, keys(e, c, v), 0, alone === 0),
        );
        const inFlight: Numbered[][] = [];
        const taken: Numbered[] = [];
        let next = 0;
        while (taken.length < signals.length || inFlight.length > 0) {
          const coin = coins.next().value;
          if (coin === 0 && next < signals.length) {
            queue.push(signals[next]!);
            next += 1;
            continue;
          }
          const group = queue.takeGroup({ signalsMax: max }) as Numbered[];
          for (const one of group) {
            for (const other of inFlight.flat()) assert.ok(!shares(one.keys, other.keys));
          }
          if (group.length > 0) {
            assert.ok(group.length <= max);
            assert.ok(group.length === 1 || group.every(({ isAlone }) => !isAlone));
            inFlight.push(group);
            taken.push(...group);
          } else if (next < signals.length) {
            queue.push(signals[next]!);
            next += 1;
          } else if (inFlight.length > 0) {
            queue.release(inFlight.shift()!);
          }
        }
        assert.equal(new Set(taken).size, signals.length);
        for (const [i, one] of taken.entries()) {
          for (const later of taken.slice(i + 1)) {
            if (shares(one.keys, later.keys)) assert.ok(one.number < later.number);
          }
        }
      },
    ),
  );
});

test('queue: a signal with a key in flight waits; an unrelated one goes ahead', () => {
  const queue = new SignalQueue();
  const [first, second, third] = [
    signal(1, keys(1, 1, 1)),
    signal(2, keys(2, 2, 1)),
    signal(3, keys(3, 3, 3)),
  ];
  queue.push(first);
  const group = queue.takeGroup({ signalsMax: 10 });
  queue.push(second);
  queue.push(third);
  assert.deepEqual(queue.takeGroup({ signalsMax: 10 }), [third]);
  assert.deepEqual(queue.takeGroup({ signalsMax: 10 }), []);
  queue.release(group);
  assert.deepEqual(queue.takeGroup({ signalsMax: 10 }), [second]);
});

test('queue: a signal stays behind an earlier one that shares a key', () => {
  const queue = new SignalQueue();
  queue.push(signal(1, keys(1, 1, 1)));
  queue.takeGroup({ signalsMax: 10 });
  const [behind, related] = [signal(2, keys(2, 2, 1)), signal(3, keys(3, 2, 9))];
  queue.push(behind);
  queue.push(related);
  assert.deepEqual(queue.takeGroup({ signalsMax: 10 }), []);
});

test('queue: signals that waited too long are removed; the others keep their order', () => {
  const queue = new SignalQueue();
  const [old, young] = [signal(1, keys(1, 1, 1), 100), signal(2, keys(2, 2, 2), 300)];
  queue.push(old);
  queue.push(young);
  assert.deepEqual(queue.takeOlderThan(200), [old]);
  assert.deepEqual(queue.takeGroup({ signalsMax: 10 }), [young]);
});

const ofWorkspace = (workspaceId: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...signal(index, [`${workspaceId} ${index}`]),
    workspaceId,
  })) as Numbered[];
const countsOf = (group: readonly WaitingSignal[]) =>
  [1, 2, 3].map((id) => group.filter(({ workspaceId }) => workspaceId === id).length);

test('queue: shares a group fairly between workspaces', () => {
  const queue = new SignalQueue();
  for (const one of [...ofWorkspace(1, 500), ...ofWorkspace(2, 2), ...ofWorkspace(3, 40)]) {
    queue.push(one);
  }
  assert.deepEqual(countsOf(queue.takeGroup({ signalsMax: 30 })), [18, 2, 10]);
  assert.deepEqual(countsOf(queue.takeGroup({ signalsMax: 30 })), [15, 0, 15]);
  assert.deepEqual(countsOf(queue.takeGroup({ signalsMax: 1 })), [1, 0, 0]);
  assert.deepEqual(countsOf(queue.takeGroup({ signalsMax: 1 })), [0, 0, 1]);
  assert.equal(queue.length, 542 - 62);
});

test('queue: a workspace with large conversations gets small groups of its own', () => {
  const queue = new SignalQueue({
    weightOf: (id) => (id === 1 ? 100 : 0),
    isHeavy: (id) => id === 1,
  });
  for (const one of [...ofWorkspace(1, 50), ...ofWorkspace(2, 20)]) queue.push(one);
  const bounds = { signalsMax: 30, sizeMax: 350 };
  assert.deepEqual(countsOf(queue.takeGroup(bounds)), [3, 0, 0]);
  assert.deepEqual(countsOf(queue.takeGroup({ ...bounds, mayBeHeavy: false })), [0, 20, 0]);
  assert.deepEqual(countsOf(queue.takeGroup({ ...bounds, mayBeHeavy: false })), [0, 0, 0]);
  assert.deepEqual(countsOf(queue.takeGroup(bounds)), [3, 0, 0]);
});
