// The waiting room: signals in order of arrival, and the rule of which may form the next group. Starts nothing itself.
//
// The rule keeps order where order matters: a signal may join the next group only if no group in flight touches the
// same event id, contact or conversation, and no signal before it was left behind that does. Signals that share a key
// may join the same group: there they run one after the other.

import type { SignalKeys, WaitingSignal } from './signal.ts';

/** How many groups' worth of signals are looked at for one group. */
const LOOK_AHEAD = 16;

export class SignalQueue {
  #waiting: WaitingSignal[] = [];
  #size = 0;
  readonly #inFlight = new Set<string>();

  get length(): number {
    return this.#waiting.length;
  }

  /** Characters that wait, roughly. */
  get size(): number {
    return this.#size;
  }

  push(signal: WaitingSignal): void {
    this.#waiting.push(signal);
    this.#size += signal.size;
  }

  /**
   * Takes the signals of the next group and marks their keys as in flight. Empty when nothing may run now.
   * @param sizeMax characters that a group may hold, roughly; a signal that is larger goes alone.
   */
  takeGroup(signalsMax: number, sizeMax = Number.POSITIVE_INFINITY): WaitingSignal[] {
    const group: WaitingSignal[] = [];
    const leftBehind: WaitingSignal[] = [];
    const blocked = new Set<string>();
    const waiting = this.#waiting;
    // Looking at the first few is enough: who stands behind them is not served before them anyway.
    const end = Math.min(waiting.length, LOOK_AHEAD * signalsMax);
    let size = 0;
    let index = 0;
    for (; index < end && group.length < signalsMax; index += 1) {
      const signal = waiting[index]!;
      if (group.length > 0 && size + signal.size > sizeMax) break;
      if (this.#isBlocked(signal.keys, blocked)) {
        leftBehind.push(signal);
        for (const key of signal.keys) blocked.add(key);
      } else {
        group.push(signal);
        size += signal.size;
      }
    }
    if (group.length === 0) return group;
    this.#size -= size;
    this.#waiting =
      leftBehind.length === 0 ? waiting.slice(index) : leftBehind.concat(waiting.slice(index));
    for (const signal of group) this.#mark(signal.keys);
    return group;
  }

  /** Ends a group: what it touched is free again. */
  release(group: readonly WaitingSignal[]): void {
    for (const { keys } of group) {
      for (const key of keys) this.#inFlight.delete(key);
    }
  }

  /** Takes everybody out who has waited since before a moment of the steady clock. */
  takeOlderThan(momentMs: number): WaitingSignal[] {
    const first = this.#waiting[0];
    if (first === undefined || first.queuedAt >= momentMs) return [];
    const old = this.#waiting.filter((signal) => signal.queuedAt < momentMs);
    for (const signal of old) this.#size -= signal.size;
    this.#waiting = this.#waiting.filter((signal) => signal.queuedAt >= momentMs);
    return old;
  }

  #isBlocked(keys: SignalKeys, blocked: ReadonlySet<string>): boolean {
    for (const key of keys) {
      if (this.#inFlight.has(key) || blocked.has(key)) return true;
    }
    return false;
  }

  #mark(keys: SignalKeys): void {
    for (const key of keys) this.#inFlight.add(key);
  }
}
