// The gauges of the removal of personal data.

import type { Metrics } from '../base/metrics.ts';
import type { Pool } from '../database/pool.ts';
import { countErasures } from '../store/removal/erasures.ts';
import { DatabaseWatch } from './database-watch.ts';

/** Adds the gauges. @param pool a pool that sees all workspaces. */
export function showRemovals(metrics: Metrics, pool: Pool): void {
  const watch = new DatabaseWatch(() => countErasures(pool));
  metrics.gauge(
    'parley_erasures_unfinished',
    'Deleted contacts whose data is still being removed.',
    [],
    async (set) => {
      const counts = await watch.current();
      if (counts !== null) set({}, counts.unfinished);
    },
  );
  metrics.gauge(
    'parley_erasures_oldest_seconds',
    'Time since the deletion of the first contact whose data is still being removed; 0 when there is none.',
    [],
    async (set) => {
      const counts = await watch.current();
      if (counts !== null) set({}, counts.oldestSeconds);
    },
  );
}
