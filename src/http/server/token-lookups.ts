// Looks up unknown tokens: many in one query, one query at a time, and callers (an IPv4 address or an IPv6 /64) in
// turn, so that a flood of guesses from one caller delays no other. authentication.ts caches the results.

import { limits } from '../../base/limits.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import { callerNetwork } from './client-address.ts';

/** Finds the principals of token hashes; unknown hashes are absent from the result. */
export type FindPrincipals = (hashes: readonly string[]) => Promise<ReadonlyMap<string, Principal>>;

type Waiting = {
  readonly hash: string;
  readonly resolve: (principal: Principal | null) => void;
  readonly reject: (error: unknown) => void;
};

export class TokenLookups {
  readonly #find: FindPrincipals;
  /** Waiting lookups by caller, in the order in which callers are served. */
  readonly #queues = new Map<string, Waiting[]>();
  #size = 0;
  #isRunning = false;

  constructor(find: FindPrincipals) {
    this.#find = find;
  }

  /**
   * Finds the principal of a token hash.
   * @param address the client's; lookups of one caller wait for each other.
   * @throws TooManyLookups when the queue is full.
   */
  lookUp(hash: string, address: string): Promise<Principal | null> {
    const caller = callerNetwork(address);
    if (this.#size >= limits.tokenLookupsMax && !this.#makeRoom(caller)) {
      return Promise.reject(new TooManyLookups());
    }
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(caller) ?? [];
      queue.push({ hash, resolve, reject });
      this.#queues.set(caller, queue);
      this.#size += 1;
      void this.#run();
    });
  }

  /** Drops the newest lookup of the caller with the most waiting. @returns false if that is this caller. */
  #makeRoom(caller: string): boolean {
    let longest: readonly [string, Waiting[]] | undefined;
    for (const entry of this.#queues) {
      if (longest === undefined || entry[1].length > longest[1].length) longest = entry;
    }
    const own = this.#queues.get(caller)?.length ?? 0;
    if (longest === undefined || longest[1].length <= own + 1) return false;
    longest[1].pop()!.reject(new TooManyLookups());
    this.#size -= 1;
    return true;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#size > 0) {
      const batch = this.#takeBatch();
      try {
        const found = await this.#find(batch.map(({ hash }) => hash));
        for (const { hash, resolve } of batch) resolve(found.get(hash) ?? null);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }

  /** Takes one lookup of each caller in turn. */
  #takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    while (batch.length < limits.tokenLookupBatchMax && this.#size > 0) {
      const [caller, queue] = this.#queues.entries().next().value!;
      batch.push(queue.shift()!);
      this.#size -= 1;
      this.#queues.delete(caller);
      if (queue.length > 0) this.#queues.set(caller, queue);
    }
    return batch;
  }
}

/** Thrown when too many unknown tokens arrive at once: the caller gets 503. */
export class TooManyLookups extends Error {
  override readonly name = 'TooManyLookups';
}
