// Random numbers from a seed: the same seed gives the same choices, though timing still differs between runs.

import { randomBytes } from 'node:crypto';

/** The seed of this run: CRASH_SEED, or a new one. */
export const seed = Number(process.env.CRASH_SEED ?? randomBytes(4).readUInt32LE());

export class SeededRandom {
  #state: number;

  constructor(state: number) {
    this.#state = state | 0;
  }

  /** At least 0, below 1. */
  fraction(): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.fraction() * items.length)]!;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }
}
