// Corrects waits of conversations, through the engine, that a wrong clock set. engine/database-clock.ts detects the
// wrong clock; store/clock/clock-repair.ts corrects the times that the database set.
//
// A wait that began in the future was set by a clock that was ahead, on any server. One that was set by a clock that
// was behind looks like any other, so this server remembers for a while which waits it set.

import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, steadyClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import type { SetWait } from '../engine/committed.ts';
import type { Engine } from '../engine/engine.ts';
import { findFutureWaits, type WrittenWait } from '../store/clock/future-waits.ts';

export type ClockCorrectionsDependencies = {
  readonly pool: Pool;
  /** The clock of the engine. */
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<Engine, 'submit'>;
};

const rememberedMax = 10_000;
const rememberedMs = 600_000;
/** Twice the difference between servers on one database, and a little more. */
const toleranceMs = 2 * limits.clockDifferenceMaxMs + 1_000;
const atOnceMax = 32;
const triesMax = 20;
const retryMs = 500;

type Remembered = SetWait & { readonly notedAt: number };

export class ClockCorrections {
  readonly #dependencies: ClockCorrectionsDependencies;
  readonly #stopping = new AbortController();
  #remembered: Remembered[] = [];
  /** The chain of corrections, one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(dependencies: ClockCorrectionsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Corrects waits of a clock that was set while no server was running. */
  start(): void {
    this.#enqueue(() => this.#moveFutureWaits(0));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  /** Remembers waits that were just set. */
  note(waits: readonly SetWait[]): void {
    if (waits.length === 0) return;
    const notedAt = steadyClock();
    for (const wait of waits) this.#remembered.push({ ...wait, notedAt });
    // Only now and then, so that it costs little.
    if (this.#remembered.length > 2 * rememberedMax) this.#forgetOld();
  }

  /** Corrects waits after the shared time has moved forward, or back if negative. */
  onMoved(byMs: number): void {
    this.#forgetOld();
    const own = this.#remembered;
    this.#remembered = [];
    if (byMs < 0) this.#enqueue(() => this.#moveFutureWaits(byMs));
    else this.#enqueue(() => this.#moveAll(own, () => byMs));
  }

  #forgetOld(): void {
    const sinceMs = steadyClock() - rememberedMs;
    this.#remembered = this.#remembered
      .filter(({ notedAt }) => notedAt >= sinceMs)
      .slice(-rememberedMax);
  }

  /** Corrects waits that begin in the future. @param byMs the clock's move, negative; 0 if unknown. */
  async #moveFutureWaits(byMs: number): Promise<void> {
    const { pool, clock } = this.#dependencies;
    for (let after: number | null = 0; after !== null && !this.#isStopping; ) {
      const nowMs = clock();
      const { waits, next } = await findFutureWaits(pool, after, nowMs + toleranceMs);
      await this.#moveAll(waits, (sinceMs) =>
        sinceMs > nowMs + toleranceMs ? Math.min(byMs, nowMs - sinceMs) : 0,
      );
      after = next;
    }
  }

  async #moveAll(waits: readonly WrittenWait[], byOf: (sinceMs: number) => number): Promise<void> {
    for (let first = 0; first < waits.length && !this.#isStopping; first += atOnceMax) {
      const some = waits.slice(first, first + atOnceMax);
      await Promise.all(some.map((wait) => this.#move(wait, byOf)));
    }
    if (waits.length > 0) {
      this.#dependencies.log.warn({ waits: waits.length }, 'clock.waits_set_right');
    }
  }

  async #move(wait: WrittenWait, byOf: (sinceMs: number) => number): Promise<void> {
    const { workspaceId, channelId, externalId, conversationId } = wait;
    const { waitSinceMs, snoozedAtMs, snoozedUntilMs } = wait;
    const signal = {
      kind: 'clock_corrected',
      conversationId,
      wait: waitSinceMs === null ? null : { sinceMs: waitSinceMs, byMs: byOf(waitSinceMs) },
      snooze:
        snoozedAtMs === null || snoozedUntilMs === null
          ? null
          : { untilMs: snoozedUntilMs, byMs: byOf(snoozedAtMs) },
    } as const;
    for (let count = 1; count <= triesMax && !this.#isStopping; count += 1) {
      const result = await this.#dependencies.engine.submit({
        kind: 'conversation',
        workspaceId,
        channelId,
        externalId,
        signal,
      });
      if (result.ok || result.error.status !== 503) return;
      await pause(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #enqueue(work: () => Promise<void>): void {
    const { log } = this.#dependencies;
    this.#work = this.#work
      .then(() => (this.#isStopping ? undefined : work()))
      .catch((error: unknown) => log.warn({ err: error }, 'clock.correction_failed'));
  }
}
