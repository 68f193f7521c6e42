// The queue of DNS lookups, with a simulated resolver that has as few threads as a real one, and names that hang.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { DnsLookupQueue } from './dns-lookup.ts';
import { OutgoingHttp } from './http-client.ts';

const found = [{ address: '203.0.113.1', family: 4 }];

/** Looks up like getaddrinfo: a limited number at once, first in first out; names in `silent` hang until `wake`. */
class System {
  readonly silent = new Set<string>();
  readonly failing = new Set<string>();
  /** Names in the order in which their queries began. */
  readonly begun: string[] = [];
  runningMax = 0;
  readonly #free: (() => void)[] = [];
  #running = 0;
  #threads: number;
  #awake = Promise.withResolvers<void>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  get running(): number {
    return this.#running;
  }

  /** Ends every query that hangs. */
  wake(): void {
    this.#awake.resolve();
    this.#awake = Promise.withResolvers();
  }

  readonly lookUp = async (name: string) => {
    if (this.#threads > 0) this.#threads -= 1;
    else await new Promise<void>((resolve) => this.#free.push(resolve));
    this.begun.push(name);
    this.#running += 1;
    this.runningMax = Math.max(this.runningMax, this.#running);
    try {
      if (this.silent.has(name)) await this.#awake.promise;
      if (this.silent.has(name) || this.failing.has(name)) {
        throw Object.assign(new Error(`getaddrinfo EAI_AGAIN ${name}`), { code: 'EAI_AGAIN' });
      }
      return found;
    } finally {
      this.#running -= 1;
      const next = this.#free.shift();
      if (next === undefined) this.#threads += 1;
      else next();
    }
  };
}

const patient = { slowAfterMs: 60_000, timeoutMs: 60_000 };
const named = (count: number, word: string) =>
  Array.from({ length: count }, (_, index) => `${word}${index}.example`);

/** Opens a queue in which the names `bad` have failed once, and hang from now on. */
async function queueWithBadNames(system: System, bad: readonly string[], times = patient) {
  const queue = new DnsLookupQueue(system.lookUp, times);
  for (const name of bad) {
    system.failing.add(name);
    await assert.rejects(queue.lookUp(name));
    system.silent.add(name);
  }
  system.begun.length = 0;
  system.runningMax = 0;
  return queue;
}

test('dns lookup: hosts that hang are tried two at a time and delay no good one', async () => {
  const bad = named(10, 'bad');
  const system = new System(4);
  const queue = await queueWithBadNames(system, bad);
  await queue.lookUp('good.example');
  const hanging = Promise.allSettled(bad.map((name) => queue.lookUp(name)));
  await nextTurn();
  assert.equal(system.running, 2);
  for (let times = 0; times < 5; times += 1) {
    assert.deepEqual(await queue.lookUp('good.example'), found);
    assert.deepEqual(await queue.lookUp(`new${times}.example`), found);
  }
  assert.equal(system.runningMax, 3);
  // The other queries ran afterwards, in the order of their calls.
  for (let turn = 0; turn < 5; turn += 1) {
    system.wake();
    await nextTurn();
  }
  await hanging;
  assert.deepEqual(
    system.begun.filter((name) => name.startsWith('bad')),
    bad,
  );
});

test('dns lookup: unresolved hosts that hang leave room for good ones', async () => {
  const system = new System(20);
  const queue = new DnsLookupQueue(system.lookUp, patient);
  await queue.lookUp('good.example');
  const unresolvedHosts = named(100, 'new');
  for (const name of unresolvedHosts) system.silent.add(name);
  const hanging = Promise.allSettled(unresolvedHosts.map((name) => queue.lookUp(name)));
  await nextTurn();
  assert.equal(system.running, 16);
  assert.deepEqual(await queue.lookUp('good.example'), found);
  while (system.running > 0) {
    system.wake();
    await nextTurn();
  }
  await hanging;
});

test('dns lookup: a slow host is queued until it is found quickly again', async () => {
  const system = new System(20);
  let delayMs = 400;
  const queue = new DnsLookupQueue(
    async (name) => {
      if (name === 'slow.example') await pause(delayMs);
      return system.lookUp(name);
    },
    { slowAfterMs: 300, timeoutMs: 60_000 },
  );
  const bad = named(3, 'bad');
  for (const name of bad) {
    system.failing.add(name);
    await assert.rejects(queue.lookUp(name));
    system.silent.add(name);
  }
  await queue.lookUp('slow.example');
  delayMs = 0;
  const hanging = Promise.allSettled(bad.map((name) => queue.lookUp(name)));
  let isFound = false;
  const slow = queue.lookUp('slow.example').then(() => {
    isFound = true;
  });
  await pause(20);
  assert.equal(isFound, false);
  system.wake();
  await slow;
  // The third bad name still hangs, and so do new queries of the first two: no slot is free.
  const more = Promise.allSettled(bad.map((name) => queue.lookUp(name)));
  await nextTurn();
  assert.equal(system.running, 2);
  await queue.lookUp('slow.example');
  for (let turn = 0; turn < 3; turn += 1) {
    system.wake();
    await nextTurn();
  }
  await Promise.all([hanging, more]);
});

test('dns lookup: concurrent lookups of one name share a query', async () => {
  const system = new System(4);
  const queue = new DnsLookupQueue(system.lookUp);
  await Promise.all(Array.from({ length: 50 }, () => queue.lookUp('good.example')));
  assert.deepEqual(system.begun, ['good.example']);
});

test('dns lookup: a query goes on without callers, and a recovery is noticed', async () => {
  const system = new System(4);
  const bad = named(3, 'bad');
  const queue = await queueWithBadNames(system, bad, { slowAfterMs: 60_000, timeoutMs: 30 });
  const asked = Promise.allSettled(bad.map((name) => queue.lookUp(name)));
  // The queue's own timers do not keep the process alive.
  await pause(40);
  const results = await asked;
  for (const { status, reason } of results as PromiseRejectedResult[]) {
    assert.equal(status, 'rejected');
    assert.match(reason.message, /EAI_AGAIN bad.*: no response from a name server within 30 ms/);
  }
  const recovered = bad[2]!;
  assert.ok(!system.begun.includes(recovered));
  system.silent.delete(recovered);
  system.failing.delete(recovered);
  system.wake();
  await nextTurn();
  assert.ok(system.begun.includes(recovered));
  assert.deepEqual(await queue.lookUp(recovered), found);
});

test('dns lookup: the queue is bounded however many names hang', async () => {
  const system = new System(4);
  const bad = named(1_002, 'bad');
  const queue = await queueWithBadNames(system, bad);
  let rejected = 0;
  // The first two are forgotten and count as new; of the others, two are in flight and 998 wait.
  const hanging = bad.map((name) => queue.lookUp(name).catch(() => {}));
  for (const name of named(1_030, 'new')) {
    system.silent.add(name);
    hanging.push(
      queue.lookUp(name).catch((error: Error) => {
        if (/too many lookups are queued/.test(error.message)) rejected += 1;
      }),
    );
  }
  await nextTurn();
  // Of 2 + 1,030 unresolved hosts, 16 are in flight and 1,000 wait.
  assert.equal(rejected, 16);
  assert.equal(system.running, 4);
  while (system.running > 0) {
    system.wake();
    await nextTurn();
  }
  await Promise.all(hanging);
});

test('send: a lookup that hangs fails as dns at its time limit', async () => {
  const system = new System(4);
  system.silent.add('hanging.example');
  const queue = new DnsLookupQueue(system.lookUp, { slowAfterMs: 1_000, timeoutMs: 50 });
  const http = new OutgoingHttp({ clock: systemClock, lookUp: (name) => queue.lookUp(name) });
  const response = await http.send({
    url: 'http://hanging.example/',
    method: 'POST',
    headers: {},
    body: '{}',
    timeoutMs: 20_000,
    allowedCidrs: [],
    responseBytesMax: 100,
  });
  assert.equal(response.kind === 'failed' && response.reason, 'dns', JSON.stringify(response));
  system.wake();
  await http.close();
});
