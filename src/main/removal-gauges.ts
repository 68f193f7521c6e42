// The gauges of the removal of personal data, and of old rows.

import type { Metrics } from '../base/metrics.ts';
import type { Pool } from '../database/pool.ts';
import { countErasures } from '../store/removal/erasures.ts';
import { listRetention } from '../store/removal/retention.ts';
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
  const ages = new DatabaseWatch(() => listRetention(pool));
  metrics.gauge(
    'parley_retention_late_seconds',
    'Time since old rows were last removed completely, of the workspace that waits longest; 0 if none has an age.',
    [],
    async (set) => {
      const states = await ages.current();
      if (states !== null) set({}, Math.max(0, ...states.map(({ lateMs }) => lateMs)) / 1000);
    },
  );
}
