// Makes a signal of every timer whose time has come. What a timer does is core/'s business, and that it does it once
// too: a timer that two servers send, or that an answer was faster than, finds nothing to do.
//
// A timer is in one of these states, of which only the first is stored:
//   waiting     its conversation has a wake_at. Left behind by the group that changes that, whatever the reason.
//   under way   its signal is in the door. At most timersUnderWayMax are, so that what fell due while all servers were
//               down leaves room for what comes in now.
//   stuck       its signal was answered and the timer is due all the same. Sent again later and later.
//
// When a timer is due, the database's clock says. Pauses and sleeps go by a clock that nobody sets.

import { Alarm } from '../base/alarm.ts';
import { backoffMs } from '../base/backoff.ts';
import { type Clock, steadyClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { randomFraction } from '../base/random.ts';
import type { Pool } from '../database/pool.ts';
import type { Engine } from '../engine/engine.ts';
import { type DueTimer, findDueTimers } from '../store/workflows/timers.ts';

export type TimerMetrics = {
  /** `postponed`: the door was full or the database away; it comes again. */
  countTimer(outcome: 'fired' | 'refused' | 'postponed'): void;
  /** From when it was due until its signal was committed. */
  observeTimerLag(seconds: number): void;
};

export type TimersDependencies = {
  readonly pool: Pool;
  /** The one that the engine has. */
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<Engine, 'submit'>;
  readonly metrics: TimerMetrics;
};

/** Half a group: the other half is for what comes in. */
const timersInFlightMax = 64;
/** How far beyond that a server looks ahead when there are many. */
const windowMax = 256;
/** Timers that other servers set are seen within this time at the latest, if they are due sooner than the next known. */
const pollMs = 1_000;
/** So that servers that wait for the same timer do not all send it. */
const spreadMs = 20;
const roundGapMs = 10;
const stuckFirstMs = 1_000;
const stuckMostMs = 3_600_000;
const outageFirstMs = 250;
const outageMostMs = 5_000;

/** What became of a timer's last signal. */
type Attempt = {
  readonly wakeAt: number;
  readonly count: number;
  /** On the steady clock, as all times here but wakeAt. */
  readonly againAtMs: number;
  /** The round in which it was answered; null while it is under way. */
  readonly answeredIn: number | null;
};

const timerKey = ({ workspaceId, conversationId }: DueTimer): string =>
  `${workspaceId} ${conversationId}`;

export class Timers {
  readonly #dependencies: TimersDependencies;
  readonly #alarm: Alarm;
  /** Timers under way, just answered, or stuck. */
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

  /** Begins with what fell due while nobody was there. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Sends no more signals. Those that are in the door are the door's to finish. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.close();
    await this.#running;
  }

  /** Says that a timer was set, so that nobody has to look for it. */
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

  /** Sends what is due, as far as there is room. @returns when to look again. */
  async #fireDue(): Promise<number> {
    const { pool, clock, log } = this.#dependencies;
    this.#hasMore = false;
    const room = timersInFlightMax - this.#inFlight;
    this.#round += 1;
    const round = this.#round;
    // What is held back here stands before everything else, and must not hide it.
    const limit = windowMax + this.#attempts.size;
    try {
      const { due, nextInMs } = await findDueTimers(pool, clock(), limit);
      const nowMs = steadyClock();
      if (this.#isStopping) return nowMs;
      this.#forgetMoved(due, round);
      const ready = due.filter((timer) => this.#mayFire(timer, nowMs));
      this.#hasMore = ready.length > room;
      // Servers that work off the same pile begin in different places of it.
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
    if (last.answeredIn === null) return false;
    return last.wakeAt !== timer.wakeAt || last.againAtMs <= nowMs;
  }

  /** Timers that were answered before this look-up began, and that it did not find. */
  #forgetMoved(due: readonly DueTimer[], round: number): void {
    const found = new Set(due.map(timerKey));
    for (const [key, { answeredIn }] of this.#attempts) {
      if (answeredIn !== null && answeredIn < round && !found.has(key)) this.#attempts.delete(key);
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
    this.#attempts.set(key, { wakeAt, count, againAtMs: 0, answeredIn: null });
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
      this.#attempts.set(key, { wakeAt, count, againAtMs, answeredIn: this.#round });
      this.#outages = 0;
      if (!result.ok) log.warn({ ...about, status: result.error.status }, 'timer.refused');
      metrics.countTimer(result.ok ? 'fired' : 'refused');
      if (result.ok && count === 1) metrics.observeTimerLag((clock() - wakeAt) / 1000);
    }
    if (this.#hasMore && this.#inFlight <= timersInFlightMax / 2) this.#alarm.setFor(steadyClock());
  }

  /** The database is away, or the door full: nothing is sent for a while. */
  #beginOutage(): void {
    const nowMs = steadyClock();
    if (nowMs < this.#outageEndsAtMs) return;
    this.#outages += 1;
    const pauseMs = backoffMs(outageFirstMs, outageMostMs, this.#outages);
    this.#outageEndsAtMs = nowMs + pauseMs * (0.5 + randomFraction());
  }
}
