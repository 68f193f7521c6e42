// Waiting for something to become true, by looking again and again. A limit is generous: it only ends a test that
// would never end.

import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a look gives something other than false or undefined.
 * @returns what it gave.
 */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | false | undefined> | Found | false | undefined,
  limitMs = 60_000,
): Promise<Found> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(10);
  }
}
