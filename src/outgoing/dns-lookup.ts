// Decides which name is looked up when, so that names whose name servers are silent never hold up the others. Looks
// nothing up itself, and keeps no addresses: a name is asked for anew for every connection.
//
// The look-up of the operating system blocks a thread until it ends, and half of the threads of the pool may be in one
// at a time (bin/parley.js asks for 64). A silent name server holds its thread for ten seconds and more.

import type { LookupAddress } from 'node:dns';

/** Looks a name up; the tests stand in for the DNS here. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

export type LookupTimes = {
  /** A look-up that took longer counts against its name. */
  readonly slowAfterMs: number;
  /** Whoever asks is told after this time, in line or not, that there is no address. */
  readonly answerWithinMs: number;
};

const slowHostsAtOnceMax = 2;
/** Names without a record. With the suspects they leave threads free for the names that are known to be good. */
const unresolvedHostsAtOnceMax = 16;
const recordsMax = 1_000;
const waitingMax = 1_000;
const usualTimes: LookupTimes = {
  slowAfterMs: 1_000,
  // Longer than one lost question to a name server (5 s), shorter than the time for a whole connection (10 s).
  answerWithinMs: 9_000,
};

/** One or more look-ups at a time; the others wait their turn. */
class Lane {
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
    // Whoever goes hands its place over, so nobody can slip in between.
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
 * Names that were found quickly the last time are looked up at once. Those that failed or were slow take turns, two at
 * a time, and keep their place in line even if nobody waits any more: so one that has recovered is noticed.
 */
export class DnsLookupQueue {
  readonly #lookUp: Lookup;
  readonly #times: LookupTimes;
  /** Whether the last look-up of a name was good. The name that was looked up longest ago comes first. */
  readonly #records = new Map<string, boolean>();
  /** Running or in line: one name is never looked up twice at the same time. */
  readonly #inFlight = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #slowHosts = new Lane(slowHostsAtOnceMax);
  readonly #unresolvedHosts = new Lane(unresolvedHostsAtOnceMax);

  constructor(lookUp: Lookup, times: LookupTimes = usualTimes) {
    this.#lookUp = lookUp;
    this.#times = times;
  }

  /** Finds the addresses of a name, or rejects as the operating system does when name servers are silent. */
  lookUp(hostname: string): Promise<readonly LookupAddress[]> {
    let found = this.#inFlight.get(hostname);
    if (found === undefined) {
      const lane = this.#laneOf(hostname);
      if (lane?.isFull) return Promise.reject(noAnswer(hostname, 'too many names are in line'));
      const measured = () => this.#measured(hostname);
      found = lane === null ? measured() : lane.run(measured);
      this.#inFlight.set(hostname, found);
    }
    return this.#inTime(hostname, found);
  }

  #laneOf(hostname: string): Lane | null {
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
    const { answerWithinMs } = this.#times;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(noAnswer(hostname, `no answer of a name server within ${answerWithinMs} ms`));
      }, answerWithinMs).unref();
      found.then(resolve, reject).finally(() => clearTimeout(late));
    });
  }
}

const noAnswer = (hostname: string, why: string): Error =>
  Object.assign(new Error(`getaddrinfo EAI_AGAIN ${hostname}: ${why}`), {
    code: 'EAI_AGAIN',
    syscall: 'getaddrinfo',
    hostname,
  });
