// The dependencies of the delivery worker. Types only.

import type { Log } from '../base/log.ts';
import type { SecretBox } from '../base/seal.ts';
import type { Pool } from '../database/pool.ts';
import type { Sender } from './deliver-lane.ts';
import type { DeliveryMetrics } from './metrics.ts';

export type DeliveryDependencies = Sender & {
  /** A pool for the purpose `delivery`, with three connections: one leases, two record results. */
  readonly pool: Pool;
  readonly log: Log;
  readonly metrics: DeliveryMetrics;
  readonly secretBox: SecretBox;
  /** Whether no other server uses this database: then all leases found at startup belong to a dead server. */
  readonly isOnlyServer?: boolean;
};
