// Submits a signal for every due timer. core/ decides what a timer does, and makes sure that it does so once: a timer
// that another server has submitted, or that an answer has overtaken, has no effect.
//
// A timer is in one of these states, of which only the first is stored:
//   waiting     its conversation has a wake_at. Leaves with the group that changes it, for any reason.
//   in flight   its signal is in the engine: at most timersInFlightMax, so that timers that fell due while all servers
//               were down leave room for inbound events.
//   stuck       its signal was committed, but the timer is still due. It is submitted again with a growing delay.
//
// Timers are due by the clock of the database. Delays and sleeps use the steady clock.

import { Alarm } from '../base/alarm.ts';
import { backoffMs } from '../base/backoff.ts';
import { type Clock, steadyClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { randomFraction } from '../base/random.ts';
import type { Pool } from '../database/pool.ts';
import type { Engine } from '../engine/engine.ts';
import { type DueTimer, findDueTimers } from '../store/workflows/timers.ts';

export type TimerMetrics = {
  /** Counts a timer. `postponed`: the engine was full or the database unavailable; it is submitted again. */
  countTimer(outcome: 'fired' | 'refused' | 'postponed'): void;
  /** Measures the time from when a timer was due until its signal was committed. */
  observeTimerLag(seconds: number): void;
};

export type TimersDependencies = {
  readonly pool: Pool;
  /** The clock of the engine. */
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<Engine, 'submit'>;
  readonly metrics: TimerMetrics;
};

/** Half a group: the other half is for inbound events. */
const timersInFlightMax = 64;
/** The most due timers that a lookup reads, besides known ones. */
const windowMax = 256;
/** Polls find timers that other servers set within this time. */
const pollMs = 1_000;
/** Jitter between servers that wait for the same timer. */
const spreadMs = 20;
const roundGapMs = 10;
const stuckFirstMs = 1_000;
const stuckMostMs = 3_600_000;
const outageFirstMs = 250;
const outageMostMs = 5_000;

/** The state of a timer's last signal. */
type Attempt = {
  readonly wakeAt: number;
  readonly count: number;
  /** The time of its next submission, on the steady clock. */
  readonly againAtMs: number;
  /** The round in which its result arrived; null while it is in flight. */
  readonly finishedIn: number | null;
};

const timerKey = ({ workspaceId, conversationId }: DueTimer): string =>
  `${workspaceId} ${conversationId}`;

export class Timers {
  readonly #dependencies: TimersDependencies;
  readonly #alarm: Alarm;
  /** Timers in flight, just finished, or stuck. */
  readonly #attempts = new Map<string, Attempt>();
  #inFlight = 0;
  #round = 0;
  #hasMore = false;
  #outages = 0;
  #outageEndsAtMs = 0;
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(dependencies: TimersDependencies) {
    this.#dependencies = dependencies;
    this.#alarm = new Alarm(steadyClock);
  }

  /** Starts with the timers that fell due while no server was running. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Submits no more signals. The engine finishes those in flight. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.close();
    await this.#running;
  }

  /** Notes a timer that was set, so that it fires without waiting for a poll. */
  noteWake(wakeAtMs: number | null): void {
    if (wakeAtMs === null) return;
    const delayMs = Math.max(wakeAtMs - this.#dependencies.clock(), roundGapMs);
    this.#alarm.setFor(steadyClock() + delayMs + spreadMs * randomFraction());
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const isPaused = steadyClock() < this.#outageEndsAtMs;
      const untilMs = isPaused ? this.#outageEndsAtMs : await this.#fireDue();
      await this.#alarm.sleepUntil(untilMs);
    }
  }

  /** Submits due timers while slots are free. @returns when to look again. */
  async #fireDue(): Promise<number> {
    const { pool, clock, log } = this.#dependencies;
    this.#hasMore = false;
    const room = timersInFlightMax - this.#inFlight;
    this.#round += 1;
    const round = this.#round;
    // The lookup returns known timers first; they must not hide the others.
    const limit = windowMax + this.#attempts.size;
    try {
      const { due, nextInMs } = await findDueTimers(pool, clock(), limit);
      const nowMs = steadyClock();
      if (this.#isStopping) return nowMs;
      this.#forgetMoved(due, round);
      const ready = due.filter((timer) => this.#mayFire(timer, nowMs));
      this.#hasMore = ready.length > room;
      // Servers that share a backlog start at different positions of it.
      const surplus = due.length === limit ? Math.max(ready.length - room, 0) : 0;
      const first = Math.floor(randomFraction() * (surplus + 1));
      for (const timer of ready.slice(first, first + room)) void this.#fire(timer);
      const delayMs = Math.max(Math.min(nextInMs ?? pollMs, pollMs), roundGapMs);
      return nowMs + delayMs + spreadMs * randomFraction();
    } catch (error) {
      log.warn({ err: error }, 'timers.look_up_failed');
      this.#beginOutage();
      return this.#outageEndsAtMs;
    }
  }

  #mayFire(timer: DueTimer, nowMs: number): boolean {
    const last = this.#attempts.get(timerKey(timer));
    if (last === undefined) return true;
    if (last.finishedIn === null) return false;
    return last.wakeAt !== timer.wakeAt || last.againAtMs <= nowMs;
  }

  /** Forgets timers that finished before this lookup began and that it did not find. */
  #forgetMoved(due: readonly DueTimer[], round: number): void {
    const found = new Set(due.map(timerKey));
    for (const [key, { finishedIn }] of this.#attempts) {
      if (finishedIn !== null && finishedIn < round && !found.has(key)) this.#attempts.delete(key);
    }
  }

  async #fire(timer: DueTimer): Promise<void> {
    const { engine, clock, log, metrics } = this.#dependencies;
    const { workspaceId, conversationId, channelId, externalId, wakeAt } = timer;
    const key = timerKey(timer);
    const last = this.#attempts.get(key);
    const count = last?.wakeAt === wakeAt ? last.count + 1 : 1;
    const about = { workspaceId, conversationId, count };
    if (count > 1) log.warn(about, 'timer.stuck');
    this.#attempts.set(key, { wakeAt, count, againAtMs: 0, finishedIn: null });
    this.#inFlight += 1;
    const result = await engine.submit({
      kind: 'conversation',
      workspaceId,
      channelId,
      externalId,
      signal: { kind: 'timer', conversationId },
    });
    this.#inFlight -= 1;
    if (!result.ok && result.error.status === 503) {
      this.#attempts.delete(key);
      this.#beginOutage();
      metrics.countTimer('postponed');
    } else {
      const againAtMs = steadyClock() + backoffMs(stuckFirstMs, stuckMostMs, count);
      this.#attempts.set(key, { wakeAt, count, againAtMs, finishedIn: this.#round });
      this.#outages = 0;
      if (!result.ok) log.warn({ ...about, status: result.error.status }, 'timer.refused');
      metrics.countTimer(result.ok ? 'fired' : 'refused');
      if (result.ok && count === 1) metrics.observeTimerLag((clock() - wakeAt) / 1000);
    }
    if (this.#hasMore && this.#inFlight <= timersInFlightMax / 2) this.#alarm.setFor(steadyClock());
  }

  /** Pauses because the database is unavailable or the engine is full. */
  #beginOutage(): void {
    const nowMs = steadyClock();
    if (nowMs < this.#outageEndsAtMs) return;
    this.#outages += 1;
    const pauseMs = backoffMs(outageFirstMs, outageMostMs, this.#outages);
    this.#outageEndsAtMs = nowMs + pauseMs * (0.5 + randomFraction());
  }
}
