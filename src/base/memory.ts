// Keeps the process small under load. Owns nothing but one switch of the JavaScript engine.

import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Less, and objects of requests under way move on to the old space and fill that. */
const YOUNG_SPACE_BYTES = 32 * 1024 * 1024;

/**
 * Ends the growth of the space for young objects at 32 MB.
 *
 * V8 doubles that space under load, up to 128 MB, to fill it with garbage: a request lives for milliseconds. There is
 * an option of node for it, but no place to give it: people start `parley`, not `node`. The flag set here is read each
 * time the space would grow, so it may be set while running.
 */
export function limitYoungSpace(): void {
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (young === undefined || young.space_size < YOUNG_SPACE_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
    if (process.env.HGP) setFlagsFromString('--heap-growing-percent=' + process.env.HGP);
  });
  observer.observe({ entryTypes: ['gc'] });
}
