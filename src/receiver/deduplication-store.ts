// What a receiver remembers, so that a repeated event is handled once: the interface for a store of your own, and
// the one in memory that is used without it. Knows nothing of requests.

/** An event as the store sees it. */
export type Delivery = {
  readonly eventId: string;
  /** Names the conversation, over all workspaces. */
  readonly conversation: string;
  readonly sequence: number;
};

export type Claim =
  /** Yours to handle. `lastSequence`: the highest that was completed in the conversation, null if none is known. */
  | { readonly state: 'new'; readonly lastSequence: number | null }
  /** Completed before: it is acknowledged and not handled. */
  | { readonly state: 'seen' }
  /** Another process is at it: answered 503, so that Parley comes back. */
  | { readonly state: 'busy' };

/**
 * Shared by several processes, it makes them one receiver. Every event that is claimed as new is completed or failed.
 *
 * - `claim` is atomic: of two that claim an event at once, one gets `new`, the other `busy`. A claim whose process died
 *   has to expire by itself, or its event stays busy.
 * - `complete` is called when your handler has succeeded, and makes the event `seen`. If it throws, Parley repeats the
 *   event, and your handler meets it again.
 * - `fail` is called when your handler has thrown, and makes the event `new` again.
 */
export type ReceiverStore = {
  claim(delivery: Delivery): Claim | Promise<Claim>;
  complete(delivery: Delivery): void | Promise<void>;
  fail(delivery: Delivery): void | Promise<void>;
};

/**
 * Remembers the events used last, for as long as the process lives.
 * @param entriesMax how many events, and how many conversations.
 */
export function createMemoryStore(entriesMax = 10_000): ReceiverStore {
  const seen = new RecentMap<true>(entriesMax);
  const lastSequences = new RecentMap<number>(entriesMax);
  const claimed = new Set<string>();
  return {
    claim({ eventId, conversation }) {
      if (seen.get(eventId)) return { state: 'seen' };
      if (claimed.has(eventId)) return { state: 'busy' };
      claimed.add(eventId);
      return { state: 'new', lastSequence: lastSequences.get(conversation) ?? null };
    },
    complete({ eventId, conversation, sequence }) {
      claimed.delete(eventId);
      seen.set(eventId, true);
      lastSequences.set(conversation, Math.max(sequence, lastSequences.get(conversation) ?? 0));
    },
    fail({ eventId }) {
      claimed.delete(eventId);
    },
  };
}

/** Forgets what was not used for longest. A Map keeps its order of insertion. */
class RecentMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#entriesMax) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest!);
  }
}
