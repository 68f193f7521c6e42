// The one place that reads the time of day. Everything pure takes `now` as an argument instead.

/** Milliseconds; since 1970, UTC, if nothing else is said. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Milliseconds since the process began. Nobody sets it: for how long something takes or rests, never for a date. */
export const steadyClock: Clock = () => performance.now();
