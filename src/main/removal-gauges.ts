// The gauges of the removal of personal data. Reads the database when the metrics are scraped.

import type { Metrics } from '../base/metrics.ts';
import type { Pool } from '../database/pool.ts';
import { countErasures } from '../store/removal/erasures.ts';

/** Adds the gauges. @param pool a pool that sees all workspaces. */
export function showRemovals(metrics: Metrics, pool: Pool): void {
  metrics.gauge(
    'parley_erasures_unfinished',
    'Deleted contacts whose data is still being removed.',
    [],
    async (set) => {
      const counts = await countErasures(pool).catch(() => null);
      if (counts !== null) set({}, counts.unfinished);
    },
  );
  metrics.gauge(
    'parley_erasures_oldest_seconds',
    'Time since the deletion of the first contact whose data is still being removed; 0 when there is none.',
    [],
    async (set) => {
      const counts = await countErasures(pool).catch(() => null);
      if (counts !== null) set({}, counts.oldestSeconds);
    },
  );
}
