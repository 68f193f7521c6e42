// The queue of the engine: signals in order of arrival, and the rule for the next group. Starts nothing itself.
//
// The rule keeps order where order matters: a signal may join the next group only if neither a group in flight nor an
// earlier signal left behind shares a key with it (event id, contact or conversation). Signals that share a key may
// join the same group, where they run one after the other. Workspaces share no keys, so each has a queue of its own;
// they take turns and share each group, so a busy workspace delays no other. One with large conversations has groups of
// its own.

import type { SignalKeys, WaitingSignal } from './signal.ts';

/** Signals that are examined for one group, in groups. */
const LOOK_AHEAD = 16;

/** Estimates how much a signal of a workspace loads and writes. */
export type Weights = {
  /** The approximate number of characters. */
  weightOf(workspaceId: number): number;
  isHeavy(workspaceId: number): boolean;
};

const allLight: Weights = { weightOf: () => 0, isHeavy: () => false };

export type GroupBounds = {
  readonly signalsMax: number;
  /** The approximate size of all that a group holds, loads and writes; a larger signal goes alone. */
  readonly sizeMax?: number;
  /** Whether it may be a group of a workspace with large conversations. */
  readonly mayBeHeavy?: boolean;
};

/** The queue of a workspace while a group is formed. */
type Turn = {
  readonly workspaceId: number;
  readonly waiting: readonly WaitingSignal[];
  readonly weight: number;
  readonly leftBehind: WaitingSignal[];
  index: number;
  taken: number;
};

/** A group while it is formed. */
type Draft = {
  readonly signals: WaitingSignal[];
  readonly blocked: Set<string>;
  size: number;
};

export class SignalQueue {
  /** The queues of the workspaces, in the order of their turns. */
  readonly #waiting = new Map<number, WaitingSignal[]>();
  readonly #weights: Weights;
  #length = 0;
  #size = 0;
  readonly #inFlight = new Set<string>();

  constructor(weights: Weights = allLight) {
    this.#weights = weights;
  }

  get length(): number {
    return this.#length;
  }

  /** The approximate number of characters that wait. */
  get size(): number {
    return this.#size;
  }

  push(signal: WaitingSignal): void {
    const waiting = this.#waiting.get(signal.workspaceId);
    if (waiting === undefined) this.#waiting.set(signal.workspaceId, [signal]);
    else waiting.push(signal);
    this.#length += 1;
    this.#size += signal.size;
  }

  /** Takes the signals of the next group and marks their keys as in flight. Empty when nothing may run now. */
  takeGroup(bounds: GroupBounds): WaitingSignal[] {
    const { signalsMax, sizeMax = Number.POSITIVE_INFINITY, mayBeHeavy = true } = bounds;
    const draft: Draft = { signals: [], blocked: new Set(), size: 0 };
    const light: Turn[] = [];
    const heavy: Turn[] = [];
    const tried: Turn[] = [];
    for (const [workspaceId, waiting] of this.#waiting) {
      const weight = this.#weights.weightOf(workspaceId);
      const turn: Turn = { workspaceId, waiting, weight, leftBehind: [], index: 0, taken: 0 };
      if (!this.#weights.isHeavy(workspaceId)) light.push(turn);
      else if (mayBeHeavy && light.length > 0) heavy.push(turn);
      else if (mayBeHeavy) {
        tried.push(turn);
        this.#take(draft, turn, signalsMax, sizeMax, signalsMax);
        if (draft.signals.length > 0) break;
      }
    }
    if (draft.signals.length === 0) {
      tried.push(...light);
      // First each workspace's share, then the unused shares of others.
      const share = Math.ceil(signalsMax / light.length);
      for (const turn of light) this.#take(draft, turn, share, sizeMax / light.length, signalsMax);
      if (light.length > 1) {
        for (const turn of light) this.#take(draft, turn, signalsMax, sizeMax, signalsMax);
      }
    }
    // Groups in flight may block all light workspaces.
    for (const turn of heavy) {
      if (draft.signals.length > 0) break;
      tried.push(turn);
      this.#take(draft, turn, signalsMax, sizeMax, signalsMax);
    }
    for (const turn of tried) if (turn.taken > 0) this.#endTurn(turn);
    for (const signal of draft.signals) {
      this.#size -= signal.size;
      this.#mark(signal.keys);
    }
    this.#length -= draft.signals.length;
    return draft.signals;
  }

  /** Takes signals of one workspace, within its share and the bounds of the group. */
  #take(draft: Draft, turn: Turn, share: number, sizeMax: number, signalsMax: number): void {
    const { waiting, weight, leftBehind } = turn;
    // Only the first ones are examined: signals behind them should not overtake them anyway.
    const end = Math.min(waiting.length, LOOK_AHEAD * signalsMax);
    const { signals, blocked } = draft;
    let own = 0;
    for (; turn.index < end && own < share && signals.length < signalsMax; turn.index += 1) {
      const signal = waiting[turn.index]!;
      if (this.#isBlocked(signal.keys, blocked)) {
        leftBehind.push(signal);
        for (const key of signal.keys) blocked.add(key);
        continue;
      }
      const size = signal.size + weight;
      const mayJoin = !signal.isAlone && !signals[0]?.isAlone && draft.size + size <= sizeMax;
      if (signals.length > 0 && !mayJoin) break;
      signals.push(signal);
      draft.size += size;
      own += 1;
    }
    turn.taken += own;
  }

  /** Moves the rest of a workspace's queue behind the other workspaces. */
  #endTurn({ workspaceId, waiting, leftBehind, index }: Turn): void {
    this.#waiting.delete(workspaceId);
    const rest = waiting.slice(index);
    const left = leftBehind.length === 0 ? rest : leftBehind.concat(rest);
    if (left.length > 0) this.#waiting.set(workspaceId, left);
  }

  /** Ends a group: its keys are no longer in flight. */
  release(group: readonly WaitingSignal[]): void {
    for (const { keys } of group) {
      for (const key of keys) this.#inFlight.delete(key);
    }
  }

  /** Removes the signals that were queued before a moment of the steady clock. */
  takeOlderThan(momentMs: number): WaitingSignal[] {
    const taken: WaitingSignal[] = [];
    for (const [workspaceId, waiting] of this.#waiting) {
      if (waiting[0]!.queuedAt >= momentMs) continue;
      const young = waiting.filter(({ queuedAt }) => queuedAt >= momentMs);
      taken.push(...waiting.filter(({ queuedAt }) => queuedAt < momentMs));
      if (young.length === 0) this.#waiting.delete(workspaceId);
      else this.#waiting.set(workspaceId, young);
    }
    for (const { size } of taken) this.#size -= size;
    this.#length -= taken.length;
    return taken;
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
