// Waits for work until a deadline. The work is not cancelled: only the wait ends.

import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for work until a deadline.
 * @returns what the work resolves to, or undefined when it took longer than the deadline.
 * @throws what the work rejects with, if it does so in time.
 */
export async function withDeadline<Value>(
  timeoutMs: number,
  work: Promise<Value>,
): Promise<Value | undefined> {
  const done = new AbortController();
  const late = pause(timeoutMs, undefined, { signal: done.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}
