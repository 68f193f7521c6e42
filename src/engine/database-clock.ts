// The one time that all servers on a database share: the database's. Counts it on a steady clock, which cannot be set,
// and compares it with the database every second. Never writes, and never sets a clock.
//
// A comparison has one of these results:
//   agrees    the database's time is where it should be. Drift of up to clockDifferenceMaxMs is followed at once.
//   jumped    it is elsewhere. Accepted only when it stays there for clockJumpConfirmMs: until then the shared time
//             runs on as if nothing had happened, so a clock that is wrong for a moment delays no timer.
//   slept     this machine was suspended, and its steady clock stood still: the database is followed at once.
//   is back   after a jump it agrees again. Times that the database set meanwhile need a repair: onSetBack.

import { type Clock, steadyClock, uptimeClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { readDatabaseTime } from '../store/clock/database-time.ts';

/** Reports that the database's clock was ahead for a while and no longer is. */
export type SetBack = {
  /** How far it was ahead. */
  readonly byMs: number;
  /** How long ago it was certainly not ahead yet. */
  readonly sinceMs: number;
};

export type DatabaseClockDependencies = {
  readonly pool: Pool;
  /** This server's own clock, for the time until the first comparison and for the log. */
  readonly clock: Clock;
  /** A clock that never jumps; replaced in tests. */
  readonly steady?: Clock;
  readonly uptime?: Clock;
  readonly jumpConfirmMs?: number;
  readonly log: Log;
  readonly onSetBack?: (setBack: SetBack) => void;
};

type Jump = { readonly startedAtMs: number; readonly lastAgreedAtMs: number; byMs: number };

export class DatabaseClock {
  readonly #dependencies: DatabaseClockDependencies;
  readonly #steady: Clock;
  /** The difference between the shared time and the steady clock. */
  #offsetMs: number;
  #hasCompared = false;
  #lastAgreedAtMs = 0;
  #jump: Jump | null = null;
  /** The difference between this server's own clock and the database's when it was last logged. */
  #loggedAheadMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isComparing = false;
  readonly #uptime: Clock;
  #sleptMs: number;
  #onMoved: ((byMs: number) => void) | undefined;

  constructor(dependencies: DatabaseClockDependencies) {
    this.#dependencies = dependencies;
    this.#steady = dependencies.steady ?? steadyClock;
    this.#uptime = dependencies.uptime ?? uptimeClock;
    this.#offsetMs = dependencies.clock() - this.#steady();
    this.#sleptMs = this.#uptime() - this.#steady();
  }

  /** Returns the time of the database as this server counts it, in whole milliseconds since 1970. */
  readonly now: Clock = () => Math.floor(this.#steady() + this.#offsetMs);

  /**
   * Compares with the database, and moves no further than needed: the database read its time between the query and the
   * arrival of the result, so a time within that span is no difference.
   * @throws if the database is unavailable.
   */
  async compare(): Promise<void> {
    const askedAtMs = this.#steady();
    const databaseMs = await readDatabaseTime(this.#dependencies.pool);
    const nowMs = this.#steady();
    const nearest = clamp(this.#offsetMs, databaseMs - nowMs, databaseMs - askedAtMs);
    const stepMs = nearest - this.#offsetMs;
    const isNear = Math.abs(stepMs) <= limits.clockDifferenceMaxMs;
    if (!isNear && this.#hasCompared && !this.#hasSlept()) {
      this.#noteJump(stepMs, nearest, nowMs);
      return;
    }
    this.#hasCompared = true;
    this.#agree(nearest, nowMs);
    this.#logOwnClock(databaseMs);
  }

  /**
   * Compares repeatedly until stop(). While the database is unavailable, the time runs on.
   * @param onMoved called when a jump is accepted, with the milliseconds that the shared time moved forward (or back,
   *   if negative).
   */
  follow(everyMs: number = limits.clockComparisonMs, onMoved?: (byMs: number) => void): void {
    this.#onMoved = onMoved;
    this.#timer ??= setInterval(() => {
      if (this.#isComparing) return;
      this.#isComparing = true;
      this.compare()
        .catch(() => {})
        .finally(() => {
          this.#isComparing = false;
        });
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether the machine was suspended since the last call. */
  #hasSlept(): boolean {
    const sleptMs = this.#uptime() - this.#steady();
    const hasSlept = sleptMs - this.#sleptMs > limits.clockDifferenceMaxMs;
    this.#sleptMs = sleptMs;
    return hasSlept;
  }

  #agree(offsetMs: number, nowMs: number): void {
    this.#offsetMs = offsetMs;
    this.#lastAgreedAtMs = nowMs;
    const jump = this.#jump;
    this.#jump = null;
    if (jump === null) return;
    this.#dependencies.log.info({ jumpedByMs: Math.round(jump.byMs) }, 'clock.database_is_back');
    if (jump.byMs > 0) this.#reportSetBack(jump.byMs, nowMs - jump.lastAgreedAtMs);
  }

  #noteJump(stepMs: number, offsetMs: number, nowMs: number): void {
    this.#jump ??= { startedAtMs: nowMs, lastAgreedAtMs: this.#lastAgreedAtMs, byMs: stepMs };
    const jump = this.#jump;
    // It may jump again before the jump is accepted: only a time at which it stays counts.
    const isElsewhere = Math.abs(jump.byMs - stepMs) > limits.clockDifferenceMaxMs;
    if (isElsewhere) this.#jump = { ...jump, startedAtMs: nowMs, byMs: stepMs };
    if (isElsewhere || nowMs === jump.startedAtMs) {
      this.#dependencies.log.warn({ jumpedByMs: Math.round(stepMs) }, 'clock.database_jumped');
    }
    const { jumpConfirmMs = limits.clockJumpConfirmMs } = this.#dependencies;
    if (isElsewhere || nowMs - jump.startedAtMs < jumpConfirmMs) return;
    this.#jump = null;
    this.#lastAgreedAtMs = nowMs;
    this.#offsetMs = offsetMs;
    this.#dependencies.log.warn({ jumpedByMs: Math.round(stepMs) }, 'clock.database_followed');
    // A clock that was always ahead is corrected: the times that it set are as far ahead as it was.
    if (stepMs < 0) this.#reportSetBack(-stepMs, Number.POSITIVE_INFINITY);
    this.#onMoved?.(Math.round(stepMs));
  }

  #reportSetBack(byMs: number, sinceMs: number): void {
    this.#dependencies.onSetBack?.({ byMs: Math.round(byMs), sinceMs: Math.ceil(sinceMs) });
  }

  /** Logs a step of this server's own clock once, and not its drift. */
  #logOwnClock(databaseMs: number): void {
    const aheadMs = Math.round(this.#dependencies.clock() - databaseMs);
    if (Math.abs(aheadMs - this.#loggedAheadMs) <= limits.clockDifferenceMaxMs) return;
    this.#loggedAheadMs = aheadMs;
    if (Math.abs(aheadMs) > limits.clockDifferenceMaxMs) {
      this.#dependencies.log.warn({ aheadMs }, 'clock.differs');
    } else this.#dependencies.log.info({ aheadMs }, 'clock.agrees');
  }
}

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);
