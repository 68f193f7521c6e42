// The one time that all servers on a database share: the database's. Follows it from this server's own clock, by asking
// now and then how far the two are apart. Never writes, and never sets a clock.

import type { Clock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { readDatabaseTime } from '../store/database-time.ts';

export type DatabaseClockDependencies = {
  readonly pool: Pool;
  /** This server's own. */
  readonly clock: Clock;
  readonly log: Log;
};

export class DatabaseClock {
  readonly #dependencies: DatabaseClockDependencies;
  /** How far this server's own clock is ahead; negative when it is behind. */
  #aheadMs = 0;
  /** What the log knows of that. */
  #loggedAheadMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isComparing = false;

  constructor(dependencies: DatabaseClockDependencies) {
    this.#dependencies = dependencies;
  }

  /** The time of the database, as far as this server knows. */
  readonly now: Clock = () => this.#dependencies.clock() - this.#aheadMs;

  /**
   * Compares the two clocks, and moves no further than it must: the answer was written between the question and its
   * arrival, so what lies within is no difference. On one machine nothing ever moves, however slow an answer is.
   * @throws when the database is away.
   */
  async compare(): Promise<void> {
    const { pool, clock } = this.#dependencies;
    const askedAtMs = clock();
    const databaseMs = await readDatabaseTime(pool);
    const leastMs = askedAtMs - databaseMs;
    const mostMs = clock() - databaseMs;
    // Set back in between: the next comparison will tell.
    if (leastMs > mostMs) return;
    this.#aheadMs = Math.min(Math.max(this.#aheadMs, leastMs), mostMs);
    this.#tell();
  }

  /** Compares again and again, until stop(). Without a database it goes on with what it knows. */
  follow(everyMs: number = limits.clockComparisonMs): void {
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

  /** Once for each step of a clock, not for its drift. */
  #tell(): void {
    const aheadMs = this.#aheadMs;
    if (Math.abs(aheadMs - this.#loggedAheadMs) <= limits.clockDifferenceMaxMs) return;
    this.#loggedAheadMs = aheadMs;
    if (Math.abs(aheadMs) > limits.clockDifferenceMaxMs) {
      this.#dependencies.log.warn({ aheadMs }, 'clock.differs');
    } else this.#dependencies.log.info({ aheadMs }, 'clock.agrees');
  }
}
