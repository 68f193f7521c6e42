// An engine for the command that moves runs. Works with or without a server on the same database, and is closed after
// the moves.

import { steadyClock, systemClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import { openLog } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { DatabaseClock } from '../engine/database-clock.ts';
import { Engine } from '../engine/engine.ts';
import { submitMoveTo } from '../engine/submit-move.ts';
import { WorkspaceSetups } from '../engine/workspace-setups.ts';
import type { SubmitMove } from '../management/move-runs.ts';

/**
 * Opens the engine.
 * @param pool a pool that sees all workspaces.
 */
export async function withStandaloneEngine<Value>(
  pool: Pool,
  use: (submitMove: SubmitMove) => Promise<Value>,
): Promise<Value> {
  const log = openLog('warn');
  const databaseClock = new DatabaseClock({ pool, clock: systemClock, log });
  await databaseClock.compare();
  const engine = new Engine({
    pool,
    clock: databaseClock.now,
    log,
    metrics: { observeGroup() {}, countFailure() {} },
    groupSignalsMax: limits.groupSignalsMax,
    groupsInFlightMax: 1,
    setups: new WorkspaceSetups(pool, steadyClock),
  });
  const value = await use(submitMoveTo(engine));
  await engine.drain();
  return value;
}
