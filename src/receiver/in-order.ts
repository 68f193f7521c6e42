// Runs work with the same key one at a time, in order of arrival, and work with different keys concurrently. Keeps no
// state for a key without waiting work.

/** Runs the work after all earlier work with this key has settled. */
export type RunInOrder = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>;

/** Creates an independent set of queues. */
export function createOrderedRuns(): RunInOrder {
  const lasts = new Map<string, Promise<void>>();
  return (key, work) => {
    const mine = (lasts.get(key) ?? Promise.resolve()).then(work);
    const ended: Promise<void> = mine.then(
      () => leave(),
      () => leave(),
    );
    const leave = () => {
      if (lasts.get(key) === ended) lasts.delete(key);
    };
    lasts.set(key, ended);
    return mine;
  };
}
