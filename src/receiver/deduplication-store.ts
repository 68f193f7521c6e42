// Remembers events, so that a repeated event is handled once: the interface for a store of your own, and the default
// one in memory. Knows nothing of requests.

/** An event as the store sees it. */
export type Delivery = {
  readonly eventId: string;
  /** Identifies the conversation across workspaces. */
  readonly conversation: string;
  readonly sequence: number;
};

export type Claim =
  /** Claimed. `lastSequence`: the highest completed sequence of the conversation; null if none is known. */
  | { readonly state: 'new'; readonly lastSequence: number | null }
  /** Completed before: it is acknowledged and not handled again. */
  | { readonly state: 'seen' }
  /** Another process is handling it: the receiver responds with 503, so that Parley retries. */
  | { readonly state: 'busy' };

/**
 * Remembers handled events. Several processes that share a store act as one receiver. Every event that is claimed as
 * new is completed or failed.
 *
 * - `claim` is atomic: of two concurrent claims of an event, one gets `new`, the other `busy`. A claim whose process
 *   died must expire by itself, or its event stays busy.
 * - `complete` is called after your handler succeeded, and makes the event `seen`. If it throws, Parley sends the event
 *   again, and your handler gets it a second time.
 * - `fail` is called after your handler threw, and makes the event `new` again.
 */
export type ReceiverStore = {
  claim(delivery: Delivery): Claim | Promise<Claim>;
  complete(delivery: Delivery): void | Promise<void>;
  fail(delivery: Delivery): void | Promise<void>;
};

/**
 * Creates a store that remembers the most recent events in memory.
 * @param entriesMax maximum number of events, and of conversations.
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

/** A map that drops the least recently used entry when full. It relies on Map's insertion order. */
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
