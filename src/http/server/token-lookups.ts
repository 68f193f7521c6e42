// Looks up unknown tokens: many in one query, one query at a time, each caller (an IPv4 address or an IPv6 /64) in its
// turn, so that a flood of guesses from one place delays no other caller. Keeps no result; authentication.ts does.

import { limits } from '../../base/limits.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import { callerNetwork } from './client-address.ts';

/** Finds the principals of token hashes; a hash that opens nothing is not in the result. */
export type FindPrincipals = (hashes: readonly string[]) => Promise<ReadonlyMap<string, Principal>>;

type Waiting = {
  readonly hash: string;
  readonly resolve: (principal: Principal | null) => void;
  readonly reject: (error: unknown) => void;
};

export class TokenLookups {
  readonly #find: FindPrincipals;
  /** By caller, in the order in which they are served. */
  readonly #queues = new Map<string, Waiting[]>();
  #size = 0;
  #isRunning = false;

  constructor(find: FindPrincipals) {
    this.#find = find;
  }

  /**
   * The principal of a token hash.
   * @param address of the caller: those of one address, or one IPv6 network, wait for each other.
   * @throws TooManyLookups when more are waiting than are worth keeping.
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

  /** Drops the newest lookup of the address with most waiting, unless that is this one. */
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

  /** One of each caller in turn. */
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
