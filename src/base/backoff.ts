// Exponential backoff: the delay before something that keeps failing is tried again. Keeps no state and adds no
// randomness; callers that must not act together add their own jitter.

/**
 * Returns the delay after a number of failures in a row: twice as long each time, up to a limit.
 * @param failures 1 after the first one.
 */
export const backoffMs = (firstMs: number, longestMs: number, failures: number): number =>
  Math.min(firstMs * 2 ** (failures - 1), longestMs);
