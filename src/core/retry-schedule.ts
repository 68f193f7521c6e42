// Decides when a delivery is retried: the delays between attempts. delivery-verdict.ts decides what a response means.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * Delays between attempts: short at first, while a contact waits. After three days the event is dead-lettered.
 */
export const defaultRetryDelaysMs: readonly number[] = [
  1 * second,
  3 * second,
  10 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** The delays of an event that an operator resends: short, because the rest of the conversation waits behind it. */
export const resendDelaysMs: readonly number[] = [1 * second, 3 * second, 10 * second];

/** The longest Retry-After of a receiver that is honoured. */
const retryAfterMaxMs = 24 * hour;

/** Jitter around a delay, so that deliveries that failed together are not retried together. */
const jitter = 0.15;

/**
 * Returns how long to wait after a failed attempt.
 * @param attempt failed attempts at this event so far, this one included.
 * @param random01 from 0 to 1.
 * @param retryAfterMs the receiver's Retry-After: the delay is never shorter.
 * @returns null when the schedule is exhausted.
 */
export function nextDelayMs(
  schedule: readonly number[],
  attempt: number,
  random01: number,
  retryAfterMs: number | null,
): number | null {
  const delayMs = schedule[attempt - 1];
  if (delayMs === undefined) return null;
  const spread = 1 - jitter + 2 * jitter * random01;
  const askedMs = Math.min(retryAfterMs ?? 0, retryAfterMaxMs);
  return Math.max(Math.round(delayMs * spread), askedMs);
}
