// Schedules DNS lookups, so that slow hosts (names whose name servers are silent) do not delay the others. Caches no
// addresses: every connection looks its name up again.
//
// A lookup of the operating system blocks a thread, and half of the threads of the pool (bin/parley.js sets 64) may be
// blocked at a time. A silent name server blocks its thread for ten seconds and more.

import type { LookupAddress } from 'node:dns';

/** Looks a name up; tests replace it. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

export type LookupTimes = {
  /** A host whose lookup took longer is slow. */
  readonly slowAfterMs: number;
  /** Callers get an error after this time, even while their lookup is queued. */
  readonly timeoutMs: number;
};

const slowHostsAtOnceMax = 2;
/** The most lookups of new hosts at a time. With the slow hosts, they leave threads free for known good ones. */
const unresolvedHostsAtOnceMax = 16;
const recordsMax = 1_000;
const waitingMax = 1_000;
const usualTimes: LookupTimes = {
  slowAfterMs: 1_000,
  // Longer than one lost query to a name server (5 s), shorter than the timeout of a whole connection (10 s).
  timeoutMs: 9_000,
};

/** Limits the lookups in flight; the others wait in order. */
class Semaphore {
  readonly #atOnceMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax;
  }

  get isFull(): boolean {
    return this.#waiting.length >= waitingMax;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnceMax) this.#running += 1;
    // The slot is handed over, so no other caller can take it in between.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/**
 * Looks names up: at once if the last lookup was quick. Slow hosts take turns, two at a time, and stay queued even if
 * no caller waits any more, so that a recovery is noticed.
 */
export class DnsLookupQueue {
  readonly #lookUp: Lookup;
  readonly #times: LookupTimes;
  /** Whether the last lookup of each name was good, the oldest first. */
  readonly #records = new Map<string, boolean>();
  /** Lookups in flight or queued: a name is never looked up twice at the same time. */
  readonly #inFlight = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #slowHosts = new Semaphore(slowHostsAtOnceMax);
  readonly #unresolvedHosts = new Semaphore(unresolvedHostsAtOnceMax);

  constructor(lookUp: Lookup, times: LookupTimes = usualTimes) {
    this.#lookUp = lookUp;
    this.#times = times;
  }

  /** Finds the addresses of a name; rejects like the operating system when name servers are silent. */
  lookUp(hostname: string): Promise<readonly LookupAddress[]> {
    let found = this.#inFlight.get(hostname);
    if (found === undefined) {
      const semaphore = this.#semaphoreFor(hostname);
      if (semaphore?.isFull)
        return Promise.reject(lookupTimeout(hostname, 'too many lookups are queued'));
      const measured = () => this.#measured(hostname);
      found = semaphore === null ? measured() : semaphore.run(measured);
      this.#inFlight.set(hostname, found);
    }
    return this.#inTime(hostname, found);
  }

  #semaphoreFor(hostname: string): Semaphore | null {
    const isGood = this.#records.get(hostname);
    if (isGood === undefined) return this.#unresolvedHosts;
    return isGood ? null : this.#slowHosts;
  }

  async #measured(hostname: string): Promise<readonly LookupAddress[]> {
    const startedAt = performance.now();
    let isFound = false;
    try {
      const addresses = await this.#lookUp(hostname);
      isFound = true;
      return addresses;
    } finally {
      this.#inFlight.delete(hostname);
      this.#note(hostname, isFound && performance.now() - startedAt <= this.#times.slowAfterMs);
    }
  }

  #note(hostname: string, isGood: boolean): void {
    this.#records.delete(hostname);
    this.#records.set(hostname, isGood);
    if (this.#records.size > recordsMax) this.#records.delete(this.#records.keys().next().value!);
  }

  #inTime(
    hostname: string,
    found: Promise<readonly LookupAddress[]>,
  ): Promise<readonly LookupAddress[]> {
    const { timeoutMs } = this.#times;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(lookupTimeout(hostname, `no response from a name server within ${timeoutMs} ms`));
      }, timeoutMs).unref();
      found.then(resolve, reject).finally(() => clearTimeout(late));
    });
  }
}

const lookupTimeout = (hostname: string, why: string): Error =>
  Object.assign(new Error(`getaddrinfo EAI_AGAIN ${hostname}: ${why}`), {
    code: 'EAI_AGAIN',
    syscall: 'getaddrinfo',
    hostname,
  });
