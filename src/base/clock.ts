// The one place that reads the time. Everything pure takes `now` as an argument instead.

/** Milliseconds since 1970, UTC. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
