// The engine: the only write path for conversations and contacts. Signals that arrive together are committed together,
// as a group (group commit); each caller gets its result when the group is committed, never before. Decides when groups
// start and what happens when one fails; core/ decides what a signal does.
//
// A group is in one of these states:
//   waiting      its signals are in the queue. Leaves when fewer than groupsInFlightMax groups are in flight: at the
//                end of the current turn of the event loop, so signals that arrive together go together and an idle
//                server adds no delay. While a group is in flight it waits until it is half as large, or for
//                limits.groupPatienceMs.
//   running      load, run, persist. Leaves to done (committed, or nothing to write), or to one of:
//   conflict     another server wrote the same rows: run again from the load, up to limits.groupRetriesMax times, then
//                split.
//   rejected     PostgreSQL rejects it, or it is too large: it is split in halves, until the bad signal is alone and
//                gets a server error. The other signals commit.
//   unavailable  PostgreSQL cannot be reached: every caller gets 503 with Retry-After. The outcome may be unknown; the
//                same event_id sent again finds out.

import { type Clock, steadyClock } from '../base/clock.ts';
import { passFaultPoint, passFaultPointSoon } from '../base/fault-points.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { sha256Hex } from '../base/random.ts';
import { fail } from '../base/result.ts';
import { apiError, type ErrorName } from '../contract/errors.ts';
import { eventContent } from '../core/conversation/idempotency-fingerprint.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import { classifyFailure } from '../database/failure.ts';
import type { Pool } from '../database/pool.ts';
import { type Loaded, loadGroup } from '../store/engine/load.ts';
import { persistGroup } from '../store/engine/persist.ts';
import { SignalNumbers } from '../store/engine/signal-numbers.ts';
import { isFull, overloaded, queuedTooLongBefore } from './backpressure.ts';
import type { Committed } from './committed.ts';
import { runGroup } from './decide-group.ts';
import { type GroupPlan, planGroup } from './plan.ts';
import {
  isAlone,
  keysOf,
  type SignalResult,
  type Submission,
  type WaitingSignal,
} from './signal.ts';
import { SignalQueue } from './signal-queue.ts';
import { StateWeights } from './state-weights.ts';
import type { WorkspaceSetups } from './workspace-setups.ts';

export type EngineMetrics = {
  observeGroup(signals: number, commitSeconds: number): void;
  countFailure(kind: 'conflict' | 'rejected' | 'away'): void;
};

export type EngineDependencies = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: EngineMetrics;
  /** The largest number of signals in a group. */
  readonly groupSignalsMax: number;
  readonly groupsInFlightMax: number;
  readonly setups: WorkspaceSetups;
  /** Called after each commit that wrote something. Must not throw. */
  readonly onCommitted?: (committed: Committed) => void;
};

export class Engine {
  readonly #dependencies: EngineDependencies;
  readonly #numbers: SignalNumbers;
  readonly #weights = new StateWeights();
  readonly #queue = new SignalQueue(this.#weights);
  #heavyInFlight = 0;
  #inFlight = 0;
  #signalsInFlight = 0;
  #patience: NodeJS.Timeout | null = null;
  #isStartScheduled = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(dependencies: EngineDependencies) {
    this.#dependencies = dependencies;
    this.#numbers = new SignalNumbers(dependencies.pool);
  }

  /** The number of signals that wait for a group. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Submits a signal.
   * @returns its result, once committed. Never rejects.
   */
  submit(submission: Submission): Promise<SignalResult> {
    if (isFull(this.#queue)) return Promise.resolve(overloaded());
    const content = contentOf(submission);
    const isEvent = submission.kind === 'channel_event';
    return new Promise((resolve) => {
      this.#queue.push({
        ...submission,
        keys: keysOf(submission),
        workspaceId: workspaceOf(submission),
        isAlone: isAlone(submission),
        // 128 bits are enough to tell two contents of one id apart.
        contentHash: isEvent ? sha256Hex(content).slice(0, 32) : '',
        size: content.length,
        acceptedAt: this.#dependencies.clock(),
        queuedAt: steadyClock(),
        resolve,
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

  /** Starts as many groups as may run. @param isLate whether even a few signals have waited long enough. */
  #startGroups(isLate = false): void {
    const { groupsInFlightMax, groupSignalsMax } = this.#dependencies;
    for (const late of this.#queue.takeOlderThan(queuedTooLongBefore(steadyClock()))) {
      late.resolve(overloaded());
    }
    let mayBeFew = isLate;
    while (this.#inFlight < groupsInFlightMax) {
      if (this.#isTooFew() && !mayBeFew) {
        this.#waitForMore();
        break;
      }
      mayBeFew = false;
      const group = this.#queue.takeGroup({
        signalsMax: groupSignalsMax,
        sizeMax: limits.groupCharactersMax,
        // One group in flight is left for other workspaces.
        mayBeHeavy: this.#heavyInFlight < Math.max(groupsInFlightMax - 1, 1),
      });
      if (group.length === 0) break;
      const heavy = this.#weights.isHeavy(group[0]!.workspaceId) ? 1 : 0;
      this.#heavyInFlight += heavy;
      this.#inFlight += 1;
      this.#signalsInFlight += group.length;
      void this.#run(group, 0).finally(() => {
        this.#inFlight -= 1;
        this.#signalsInFlight -= group.length;
        this.#heavyInFlight -= heavy;
        this.#queue.release(group);
        this.#scheduleStart();
      });
    }
    if (this.#inFlight === 0 && this.#queue.length === 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /**
   * Whether it pays to wait for more signals: every group has a fixed cost, which signals that arrive during a short
   * wait share. Half the size of the groups in flight keeps two groups going under load, and never delays the second of
   * two requests.
   */
  #isTooFew(): boolean {
    return this.#inFlight > 0 && this.#queue.length * 2 < this.#signalsInFlight / this.#inFlight;
  }

  /** Waits a short time for more signals: the groups in flight may hang. */
  #waitForMore(): void {
    if (this.#queue.length === 0) return;
    this.#patience ??= setTimeout(() => {
      this.#patience = null;
      this.#startGroups(true);
    }, limits.groupPatienceMs);
  }

  /** Runs a group to its end: every caller has its result when this resolves. Never rejects. */
  async #run(group: readonly WaitingSignal[], attempt: number): Promise<void> {
    const { log, metrics } = this.#dependencies;
    try {
      const results = await this.#attempt(group);
      for (const [index, signal] of group.entries()) signal.resolve(results[index]!);
      passFaultPoint('after_answer');
    } catch (error) {
      const failure = classifyFailure(error);
      metrics.countFailure(failure);
      if (failure === 'away') {
        log.warn({ err: error, signals: group.length }, 'group.away');
        return failAll(group, 'serviceUnavailable');
      }
      if (failure === 'conflict' && attempt < limits.groupRetriesMax) {
        log.debug({ err: error, signals: group.length, attempt }, 'group.lost_race');
        return this.#run(group, attempt + 1);
      }
      if (group.length > 1) return this.#split(group, attempt);
      const { requestId, ...signal } = group[0]!;
      const kind = signal.kind === 'channel_event' ? signal.event.kind : signal.signal.kind;
      log.error({ err: error, requestId, signalKind: kind }, 'signal.rejected');
      return failAll(group, failure === 'conflict' ? 'serviceUnavailable' : 'serverError');
    }
  }

  /**
   * Runs the halves of a group one after the other: they may share keys. After many write conflicts each half gets only
   * a few more tries.
   */
  async #split(group: readonly WaitingSignal[], attempt: number): Promise<void> {
    const middle = Math.ceil(group.length / 2);
    const next = Math.min(attempt, limits.groupRetriesMax - 2);
    await this.#run(group.slice(0, middle), next);
    await this.#run(group.slice(middle), next);
  }

  async #attempt(group: readonly WaitingSignal[]): Promise<readonly SignalResult[]> {
    const { pool, log, metrics, onCommitted } = this.#dependencies;
    const startedAt = performance.now();
    passFaultPoint('before_load');
    const plan = planGroup(group);
    const takeNumber = await this.#numbers.reserve(countNumbers(group));
    const setups = await this.#dependencies.setups.getAll(new Set(group.map(workspaceOf)));
    const loaded = await loadGroup(pool, plan.keys);
    this.#weights.note(plan, loaded);
    await this.#fetchDefinitions(plan, loaded, setups);
    passFaultPoint('after_load');
    const { results, write, committed } = runGroup(plan, loaded, {
      setups,
      takeNumber,
      onBug: (error, { requestId }) => log.error({ err: error, requestId }, 'transition.threw'),
    });
    passFaultPoint('before_persist');
    if (write !== null) {
      passFaultPointSoon('during_persist');
      await persistGroup(pool, write);
    }
    passFaultPoint('after_persist');
    metrics.observeGroup(group.length, (performance.now() - startedAt) / 1000);
    if (write !== null) onCommitted?.(committed);
    return results;
  }

  /** Fetches the versions of workflows that conversations started on and that are no longer current. */
  async #fetchDefinitions(
    { keys, members }: GroupPlan,
    loaded: Loaded,
    setups: ReadonlyMap<number, WorkspaceSetup>,
  ): Promise<void> {
    const known = this.#dependencies.setups;
    const fetch = async (workspaceId: number, workflowId: number, version: number) => {
      const setup = setups.get(workspaceId)!;
      if (known.hasDefinition(setup, workflowId, version)) return;
      await known.fetchDefinition(setup, workflowId, version);
    };
    for (const [slot, { row }] of loaded.conversations) {
      if (row.run?.status !== 'waiting') continue;
      const { workflowId, version } = row.run;
      await fetch(keys.conversations[slot]!.workspaceId, workflowId, version);
    }
    for (const { signal } of members) {
      if (signal.kind !== 'conversation' || signal.signal.kind !== 'move_run') continue;
      await fetch(signal.workspaceId, signal.signal.workflowId, signal.signal.version);
    }
  }
}

const workspaceOf = (signal: Submission): number =>
  signal.kind === 'channel_event' ? signal.channel.workspaceId : signal.workspaceId;

/** Counts the signal numbers of a group: one for each signal, and for each conversation that changes with a contact. */
function countNumbers(group: readonly WaitingSignal[]): number {
  let count = group.length;
  for (const signal of group) {
    if (signal.kind === 'contact') count += signal.conversations?.length ?? 0;
  }
  return count;
}

/** The content of a signal: it identifies repeated submissions, and its size bounds the queue. */
const contentOf = (submission: Submission): string =>
  submission.kind === 'channel_event'
    ? eventContent(submission.channel.id, submission.event)
    : JSON.stringify(submission.signal);

function failAll(group: readonly WaitingSignal[], name: ErrorName): void {
  for (const signal of group) signal.resolve(fail(apiError(name)));
}
