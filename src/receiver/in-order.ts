// Lets work with the same key run one at a time, in order of arrival, and work with different keys side by side.
// Keeps no state for a key without waiting tasks.

/** Runs the work when all that came before it with this key has ended, well or badly. */
export type RunInTurn = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>;

/** Creates an independent set of queues. */
export function createTurns(): RunInTurn {
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
