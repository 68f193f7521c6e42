// Removes idempotency keys whose time is over, in small batches with pauses, so that no request waits for it. Every
// server does; each skips rows that another one removes.

import { Alarm } from '../base/alarm.ts';
import { steadyClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { removeOldKeys } from '../store/idempotency/keys.ts';

/** Pause between two batches while there are more. */
const batchGapMs = 100;

export class OldKeys {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #alarm = new Alarm(steadyClock);
  #isStopping = false;
  #running: Promise<void> | undefined;

  /** @param pool a pool that sees all workspaces. */
  constructor({ pool, log }: { readonly pool: Pool; readonly log: Log }) {
    this.#pool = pool;
    this.#log = log;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const hasMore = await this.#removeBatch();
      const pauseMs = hasMore ? batchGapMs : limits.idempotencyRemovalIntervalMs;
      await this.#alarm.sleepUntil(steadyClock() + pauseMs);
    }
  }

  async #removeBatch(): Promise<boolean> {
    try {
      const removed = await removeOldKeys(this.#pool, limits.idempotencyRemovalMax);
      return removed === limits.idempotencyRemovalMax;
    } catch (error) {
      this.#log.warn({ err: error }, 'idempotency_keys.not_removed');
      return false;
    }
  }
}
