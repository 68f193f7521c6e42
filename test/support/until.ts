// Waits for a condition by polling it; the generous limit only ends a test that would never end.

import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until the check returns something other than false or undefined.
 * @returns what the check returned.
 */
export async function until<Found>(
  what: string,
  check: () => Promise<Found | false | undefined> | Found | false | undefined,
  limitMs = 60_000,
): Promise<Found> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await check();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(10);
  }
}
