// Runs jobs: claims them with leases, has the handler of their kind perform them, and submits their results to the
// engine. The group that takes a result deletes the job; until then it may be performed again, so a job runs at least
// once and its result counts exactly once. Knows nothing about the kinds of jobs.
//
// A job is in one of these states, stored as due_at and is_leased:
//   due       any server may claim it. Leaves to leased.
//   leased    due_at is the end of the lease. Leaves to: deleted, with the signal of its result; due later, for another
//             attempt; or due when the lease ends, if the server dies or the result cannot be submitted.
//
// Leases and retries use the database's clock. A server counts its lease from before the claim, on its steady clock,
// and starts no attempt that could outlast the lease.
//
// Channels are isolated from each other: each has its own slots, and the one with the fewest jobs in flight goes first.

import { setTimeout as pause } from 'node:timers/promises';
import { Alarm } from '../base/alarm.ts';
import { backoffMs } from '../base/backoff.ts';
import { steadyClock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import type { Log } from '../base/log.ts';
import { randomFraction } from '../base/random.ts';
import type { JobOutcome } from '../core/conversation/signal.ts';
import { channelKeyText } from '../core/model/channel-key.ts';
import type { Pool } from '../database/pool.ts';
import type { Engine } from '../engine/engine.ts';
import {
  type ChannelLoad,
  type ClaimedJob,
  claimJobs,
  deleteJob,
  postponeJob,
  releaseJobs,
} from '../store/workflows/jobs.ts';
import { type JobHandlers, type LeasedJob, loggedFields } from './job-handler.ts';

/**
 *   answered   it succeeded; the run got the result
 *   failed     it failed for good
 *   retried    it failed and will be tried again
 *   postponed  its result was not recorded; the job will be performed again
 *   gone       its conversation was deleted
 */
export type JobEnd = 'answered' | 'failed' | 'retried' | 'postponed' | 'gone';

export type JobMetrics = {
  countJob(end: JobEnd): void;
};

export type JobWorkerDependencies = {
  readonly pool: Pool;
  readonly log: Log;
  readonly engine: Pick<Engine, 'submit'>;
  readonly handlers: JobHandlers;
  readonly metrics: JobMetrics;
  /** Whether no other server uses this database: then all leases found at startup belong to a dead server. */
  readonly isOnlyServer?: boolean;
  readonly perChannelMax?: number;
  readonly leaseMarginMs?: number;
};

const jobsInFlightMax = 256;
const channelJobsMax = 16;
/** The part of a lease that is left for submitting the result: a shorter database outage costs no second attempt. */
const leaseMarginMs = 30_000;
/** Polls find jobs of other servers and leases of killed servers within this time. */
const pollMs = 1_000;
const outageFirstMs = 250;
const outageMostMs = 5_000;
const resubmitFirstMs = 100;
const resubmitMostMs = 2_000;
const rejectedFirstMs = 60_000;
const rejectedMostMs = 3_600_000;

export class JobWorker {
  readonly #dependencies: JobWorkerDependencies;
  readonly #alarm = new Alarm(steadyClock);
  readonly #stopping = new AbortController();
  /** Jobs in flight, by channel. */
  readonly #loads = new Map<string, ChannelLoad>();
  readonly #inFlight = new Set<Promise<void>>();
  #hasMore = false;
  #outages = 0;
  #isAbandoned = false;
  #running: Promise<void> | undefined;

  constructor(dependencies: JobWorkerDependencies) {
    this.#dependencies = dependencies;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Stops claiming and waits a short time for the jobs in flight; the leases of the others run out. */
  async stop(graceMs = 2_000): Promise<void> {
    this.#stopping.abort();
    this.#alarm.close();
    const finished = Promise.resolve(this.#running).then(() => Promise.all(this.#inFlight));
    await withDeadline(graceMs, finished);
    this.#isAbandoned = true;
  }

  /** Claims at once. Call it when jobs were committed. */
  wake(): void {
    this.#alarm.setFor(steadyClock());
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    const { isOnlyServer, pool, log } = this.#dependencies;
    if (isOnlyServer === true) {
      await releaseJobs(pool).catch((error) =>
        log.warn({ err: error }, 'jobs.leases_not_released'),
      );
    }
    while (!this.#isStopping) {
      const untilMs = await this.#claimDue();
      await this.#alarm.sleepUntil(untilMs);
    }
  }

  /** Claims as many jobs as there are free slots, and starts them. @returns when to claim again. */
  async #claimDue(): Promise<number> {
    const { pool, log } = this.#dependencies;
    const { perChannelMax = channelJobsMax, leaseMarginMs: marginMs = leaseMarginMs } =
      this.#dependencies;
    const limit = jobsInFlightMax - this.#inFlight.size;
    const loads = [...this.#loads.values()];
    this.#hasMore = true;
    if (limit <= 0) return steadyClock() + pollMs;
    try {
      const claimedAt = steadyClock();
      const claim = { leaseMarginMs: marginMs, limit, perChannelMax, loads };
      const jobs = await claimJobs(pool, claim);
      this.#outages = 0;
      for (const job of jobs) {
        const leaseEndsAt = claimedAt + job.content.timeoutMs + marginMs;
        this.#begin({ ...job, leaseEndsAt, beganAt: claimedAt - job.ageMs });
      }
      const isFull = [...this.#loads.values()].some(({ running }) => running >= perChannelMax);
      this.#hasMore = isFull || jobs.length === limit;
      return steadyClock() + pollMs;
    } catch (error) {
      log.warn({ err: error }, 'jobs.claim_failed');
      this.#outages += 1;
      const pauseMs = backoffMs(outageFirstMs, outageMostMs, this.#outages);
      return steadyClock() + pauseMs * (0.5 + randomFraction());
    }
  }

  #begin(job: LeasedJob): void {
    this.#countLoad(job, 1);
    const work = this.#perform(job)
      .catch((error: unknown) => {
        // Probably the database is unreachable; the lease ends by itself.
        this.#dependencies.log.warn({ err: error, ...loggedFields(job) }, 'job.not_brought_home');
        this.#dependencies.metrics.countJob('postponed');
      })
      .finally(() => {
        this.#countLoad(job, -1);
        this.#inFlight.delete(work);
        if (this.#hasMore) this.wake();
      });
    this.#inFlight.add(work);
  }

  #countLoad({ workspaceId, channelId }: ClaimedJob, change: number): void {
    const key = channelKeyText({ workspaceId, channelId });
    const running = (this.#loads.get(key)?.running ?? 0) + change;
    if (running === 0) this.#loads.delete(key);
    else this.#loads.set(key, { workspaceId, channelId, running });
  }

  /** Performs a job from its claim to its end. */
  async #perform(job: LeasedJob): Promise<void> {
    const { pool, metrics, handlers } = this.#dependencies;
    if (job.externalId === null) return this.#forget(job);
    // Claimed while this server was stopping: another server may claim it at once.
    if (this.#isStopping) return postponeJob(pool, job, 0);
    if (steadyClock() + job.content.timeoutMs > job.leaseEndsAt) return this.#leave(job);
    const verdict = await handlers[job.kind].perform(job);
    if (this.#isAbandoned) return;
    passFaultPoint('after_call');
    if (verdict.do === 'finish') return this.#submitResult(job, verdict.outcome);
    await postponeJob(pool, job, verdict.delayMs);
    metrics.countJob('retried');
    this.#alarm.setFor(steadyClock() + verdict.delayMs);
  }

  /** Submits the result of a job to the engine, and retries on 503 until the lease ends. */
  async #submitResult(job: LeasedJob, outcome: JobOutcome): Promise<void> {
    const { pool, log, metrics } = this.#dependencies;
    let status = await this.#submit(job, outcome);
    for (let count = 1; status === 503; count += 1) {
      const pauseMs = backoffMs(resubmitFirstMs, resubmitMostMs, count);
      if (this.#isStopping || steadyClock() + pauseMs >= job.leaseEndsAt) break;
      await pause(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      status = await this.#submit(job, outcome);
    }
    // A result that cannot be recorded must not block its run for ever.
    if (status === 500 && outcome.ok) {
      status = await this.#submit(job, {
        ok: false,
        reason: 'the response could not be processed',
      });
    }
    if (status === 200) return metrics.countJob(outcome.ok ? 'answered' : 'failed');
    if (status === 404) return this.#forget(job);
    log.warn({ ...loggedFields(job), status }, 'job.end_refused');
    metrics.countJob('postponed');
    if (status === 503) return;
    const pauseMs = backoffMs(rejectedFirstMs, rejectedMostMs, job.attempt);
    await postponeJob(pool, job, pauseMs);
  }

  /** Submits a result once. @returns 200, or the status of the error. */
  async #submit(job: ClaimedJob, outcome: JobOutcome): Promise<number> {
    const { workspaceId, channelId, externalId, conversationId, id: jobId } = job;
    const result = await this.#dependencies.engine.submit({
      kind: 'conversation',
      workspaceId,
      channelId,
      externalId: externalId!,
      signal: { kind: 'job_finished', conversationId, jobId, outcome },
    });
    return result.ok ? 200 : result.error.status;
  }

  /** Leaves a job until its lease ends: this process was suspended since the claim, so another server may have it. */
  #leave(job: LeasedJob): void {
    this.#dependencies.log.warn(loggedFields(job), 'job.lease_too_short');
    this.#dependencies.metrics.countJob('postponed');
  }

  async #forget(job: ClaimedJob): Promise<void> {
    await deleteJob(this.#dependencies.pool, job);
    this.#dependencies.metrics.countJob('gone');
  }
}
