// The door. Whatever changes a conversation is submitted here; a caller is answered when its change is committed, never
// before. Decides when groups start and what happens when one fails; what a signal does is core/'s business.
//
// A group is in one of these states:
//   waiting      its signals are in the queue. Leaves when a place in flight is free: at the end of the present turn
//                of the event loop, so that what arrives together goes together and an idle server adds no delay.
//   running      load, run, persist. Leaves to answered (committed, or nothing to write), or to one of:
//   lost a race  another server was first: run again from the load, as often as limits.groupRetriesMax, then split.
//   rejected     PostgreSQL will not take it: split in halves and run each, until the one bad signal stands alone and
//                gets a server error. Its neighbours commit.
//   away         PostgreSQL is not there: everybody is told to come back (503). The outcome may be unknown; the same
//                event_id sent again finds out.

import type { Clock } from '../base/clock.ts';
import { passFaultPoint, passFaultPointSoon } from '../base/fault-points.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { sha256Hex } from '../base/random.ts';
import { fail } from '../base/result.ts';
import { type ErrorName, refuse } from '../contract/errors.ts';
import { eventContent } from '../core/event-content.ts';
import { classifyFailure } from '../database/failure.ts';
import type { Pool } from '../database/pool.ts';
import { loadGroup } from '../store/engine-load.ts';
import { persistGroup } from '../store/engine-persist.ts';
import { SignalNumbers } from '../store/signal-numbers.ts';
import { planGroup, runGroup } from './group.ts';
import { SignalQueue } from './queue.ts';
import { keysOf, type Signal, type SignalResult, type WaitingSignal } from './signal.ts';

export type EngineMetrics = {
  observeGroup(signals: number, commitSeconds: number): void;
  countFailure(kind: 'conflict' | 'rejected' | 'away'): void;
};

export type EngineDependencies = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: EngineMetrics;
  /** Signals in a group at most. */
  readonly groupSignalsMax: number;
  readonly groupsInFlightMax: number;
};

export class Engine {
  readonly #dependencies: EngineDependencies;
  readonly #numbers: SignalNumbers;
  readonly #queue = new SignalQueue();
  #inFlight = 0;
  #isStartScheduled = false;
  #onIdle: (() => void)[] = [];

  constructor(dependencies: EngineDependencies) {
    this.#dependencies = dependencies;
    this.#numbers = new SignalNumbers(dependencies.pool);
  }

  /** Signals that wait for a group. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Sends a signal through the door.
   * @returns its result, once committed. Never rejects.
   */
  submit(signal: Signal): Promise<SignalResult> {
    const isFull =
      this.#queue.length >= limits.waitingSignalsMax ||
      this.#queue.size >= limits.waitingCharactersMax;
    if (isFull) return Promise.resolve(fail(refuse('serviceUnavailable')));
    const content = eventContent(signal.channel.id, signal.event);
    return new Promise((answer) => {
      this.#queue.push({
        ...signal,
        keys: keysOf(signal),
        // 128 bits are plenty to tell two contents of one id apart, and half the bytes to keep for ever.
        contentHash: sha256Hex(content).slice(0, 32),
        size: content.length,
        acceptedAt: this.#dependencies.clock(),
        answer,
      });
      this.#scheduleStart();
    });
  }

  /** Resolves when nothing waits and nothing is in flight. */
  drain(): Promise<void> {
    if (this.#inFlight === 0 && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #scheduleStart(): void {
    if (this.#isStartScheduled) return;
    this.#isStartScheduled = true;
    setImmediate(() => {
      this.#isStartScheduled = false;
      this.#startGroups();
    });
  }

  #startGroups(): void {
    const { groupsInFlightMax, groupSignalsMax, clock } = this.#dependencies;
    for (const late of this.#queue.takeOlderThan(clock() - limits.waitingSignalAgeMaxMs)) {
      late.answer(fail(refuse('serviceUnavailable')));
    }
    while (this.#inFlight < groupsInFlightMax) {
      const group = this.#queue.takeGroup(groupSignalsMax, limits.groupCharactersMax);
      if (group.length === 0) break;
      this.#inFlight += 1;
      void this.#run(group, 0).finally(() => {
        this.#inFlight -= 1;
        this.#queue.release(group);
        this.#scheduleStart();
      });
    }
    if (this.#inFlight === 0 && this.#queue.length === 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Runs a group to its end: everybody in it is answered when this resolves. Never rejects. */
  async #run(group: readonly WaitingSignal[], attempt: number): Promise<void> {
    const { log, metrics } = this.#dependencies;
    try {
      const results = await this.#attempt(group);
      for (const [index, signal] of group.entries()) signal.answer(results[index]!);
      passFaultPoint('after_answer');
    } catch (error) {
      const failure = classifyFailure(error);
      metrics.countFailure(failure);
      if (failure === 'away') {
        log.warn({ err: error, signals: group.length }, 'group.away');
        return refuseAll(group, 'serviceUnavailable');
      }
      if (failure === 'conflict' && attempt < limits.groupRetriesMax) {
        log.debug({ err: error, signals: group.length, attempt }, 'group.lost_race');
        return this.#run(group, attempt + 1);
      }
      if (group.length > 1) return this.#split(group, attempt);
      const { requestId, event } = group[0]!;
      log.error({ err: error, requestId, eventKind: event.kind }, 'signal.rejected');
      return refuseAll(group, failure === 'conflict' ? 'serviceUnavailable' : 'serverError');
    }
  }

  /**
   * One after the other, not side by side: the halves may share keys. After many lost races each half gets a few more
   * tries, not all of them again.
   */
  async #split(group: readonly WaitingSignal[], attempt: number): Promise<void> {
    const middle = Math.ceil(group.length / 2);
    const next = Math.min(attempt, limits.groupRetriesMax - 2);
    await this.#run(group.slice(0, middle), next);
    await this.#run(group.slice(middle), next);
  }

  async #attempt(group: readonly WaitingSignal[]): Promise<readonly SignalResult[]> {
    const { pool, log, metrics } = this.#dependencies;
    const startedAt = performance.now();
    passFaultPoint('before_load');
    const plan = planGroup(group);
    const takeNumber = await this.#numbers.reserve(group.length);
    const loaded = await loadGroup(pool, plan.keys);
    passFaultPoint('after_load');
    const { results, write } = runGroup(plan, loaded, takeNumber, (error, { requestId }) =>
      log.error({ err: error, requestId }, 'transition.threw'),
    );
    passFaultPoint('before_persist');
    if (write !== null) {
      passFaultPointSoon('during_persist');
      await persistGroup(pool, write);
    }
    passFaultPoint('after_persist');
    metrics.observeGroup(group.length, (performance.now() - startedAt) / 1000);
    return results;
  }
}

function refuseAll(group: readonly WaitingSignal[], name: ErrorName): void {
  for (const signal of group) signal.answer(fail(refuse(name)));
}
