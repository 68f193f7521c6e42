// Hands out signal numbers, reserved in blocks from the database, so that most calls need no round trip.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** The numbers in a block: the increment of the sequence parley.signal_numbers. */
const BLOCK = 1000;

export class SignalNumbers {
  readonly #pool: Pool;
  readonly #free: number[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Reserves numbers for a group. Unused ones are lost, which is harmless.
   * @throws if the database is unavailable.
   */
  async reserve(count: number): Promise<() => number> {
    while (this.#free.length < count) {
      const rows = await runStatement<{ first: number }>(this.#pool, {
        name: 'signal_numbers',
        text: `select nextval('parley.signal_numbers') as first`,
      });
      const first = rows[0]!.first;
      for (let number = first; number < first + BLOCK; number += 1) this.#free.push(number);
    }
    const reserved = this.#free.splice(0, count);
    let next = 0;
    return () => {
      const number = reserved[next];
      if (number === undefined) throw new Error('more signal numbers taken than were reserved');
      next += 1;
      return number;
    };
  }
}
