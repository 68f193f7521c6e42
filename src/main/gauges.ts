// The gauges of the server itself: connections, streams, the queue of the engine, the pools. Each is read when the
// metrics are scraped.

import type { Metrics } from '../base/metrics.ts';
import type { Pool } from '../database/pool.ts';
import type { Engine } from '../engine/engine.ts';
import type { App } from '../http/server/app.ts';

/** Adds the gauges. @param pools by the name that the metric shows. */
export function addServerGauges(
  metrics: Metrics,
  engine: Engine,
  { events, connections }: App,
  pools: Readonly<Record<string, Pool>>,
): void {
  metrics.gauge('parley_http_connections', 'Open connections of clients.', [], (set) => {
    set({}, connections.count);
  });
  metrics.gauge('parley_event_streams', 'Open event streams.', [], (set) => {
    set({}, events.openCount);
  });
  metrics.gauge('parley_signals_waiting', 'Signals that wait for a group.', [], (set) => {
    set({}, engine.waiting);
  });
  metrics.gauge(
    'parley_pool_connections',
    'Connections to PostgreSQL, by pool and state; waiting counts requests for one.',
    ['pool', 'state'],
    (set) => {
      for (const [pool, { totalCount, idleCount, waitingCount }] of Object.entries(pools)) {
        set({ pool, state: 'busy' }, totalCount - idleCount);
        set({ pool, state: 'idle' }, idleCount);
        set({ pool, state: 'waiting' }, waitingCount);
      }
    },
  );
}
