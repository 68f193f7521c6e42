// Keeps the process small under load, with two flags of the JavaScript engine.

import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Large enough that a request ends before its objects move to the old space. */
const YOUNG_SPACE_BYTES = 16 * 1024 * 1024;

/**
 * Makes V8 collect garbage rather than grow the heap. Saves a hundred megabytes of resident memory under load.
 *
 * By default the space for young objects doubles up to 128 MB, and the old space grows to four times its live data;
 * both fill with garbage, as a request lives for milliseconds. Options of node could set this, but users start
 * `parley`, not `node`. V8 reads these two flags each time it decides, so they may be set while it runs.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30');
  let mayGrow = true;
  // Watched for as long as the process runs: V8 shrinks that space when idle, and then it must grow again.
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    const isSmall = young !== undefined && young.space_size < YOUNG_SPACE_BYTES;
    if (isSmall === mayGrow) return;
    mayGrow = isSmall;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  });
  observer.observe({ entryTypes: ['gc'] });
}
