// Removes idempotency keys whose time is over, in small batches with pauses, so that no request waits for it. Every
// server does; each skips rows that another one removes.

import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { removeOldKeys } from '../store/idempotency/keys.ts';
import { RepeatedWork } from './repeated-work.ts';

/** Pause between two batches while there are more. */
const BATCH_GAP_MS = 100;

/** Creates the work. @param pool a pool that sees all workspaces. */
export const removalOfOldKeys = (pool: Pool, log: Log): RepeatedWork =>
  new RepeatedWork({
    work: async () =>
      (await removeOldKeys(pool, limits.idempotencyRemovalMax)) === limits.idempotencyRemovalMax,
    onError: (error) => log.warn({ err: error }, 'idempotency_keys.not_removed'),
    busyPauseMs: BATCH_GAP_MS,
    idlePauseMs: limits.idempotencyRemovalIntervalMs,
  });
