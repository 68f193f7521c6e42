// Makes the webhook calls that workflows ask for. Each call ends in a signal, whose group deletes the job; until then
// the job is there and is done again, so a call is made at least once and its end counts exactly once.
//
// A job is in one of these states, told by due_at; is_leased tells a lease from a wait for the next try:
//   due       some server claims it. Leaves to leased.
//   leased    due_at is where the lease ends. Leaves to: deleted, with the signal of its end; due at a later time, for
//             another try; or due when the lease ends, if the server is killed or the end cannot be brought home.
//
// Leases and retries are the database's clock. A server counts its lease from before it asked, on a clock that nobody
// sets, and makes no call whose answer might come after its end.
//
// Calls never wait for each other: each channel has so many places of its own, and who has least under way is first.

import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '../../base/backoff.ts';
import { type Clock, steadyClock } from '../../base/clock.ts';
import { passFaultPoint } from '../../base/fault-points.ts';
import type { Log } from '../../base/log.ts';
import { randomFraction } from '../../base/random.ts';
import type { SecretBox } from '../../base/seal.ts';
import type { JobOutcome } from '../../core/conversation/signal.ts';
import { channelKeyText } from '../../core/model/channel-key.ts';
import type { Pool } from '../../database/pool.ts';
import type { Engine } from '../../engine/engine.ts';
import type { OutgoingAnswer, OutgoingHttp } from '../../outgoing/http-client.ts';
import { secretContexts } from '../../store/secrets/sealed-values.ts';
import {
  type ChannelLoad,
  type ClaimedJob,
  claimJobs,
  deleteJob,
  postponeJob,
  releaseJobs,
} from '../../store/workflows/jobs.ts';
import { Alarm } from '../alarm.ts';
import { webhookRequest } from './webhook-request.ts';
import { type CallSecrets, openCallSecrets, withoutValues } from './webhook-secrets.ts';
import { judgeAnswer } from './webhook-verdict.ts';

/**
 *   answered   it worked; the run has the answer
 *   failed     it did not, and is not tried again
 *   retried    it did not, and is tried again
 *   postponed  its end could not be brought home; the call is made again
 *   gone       nobody waits for it any more
 */
export type JobEnd = 'answered' | 'failed' | 'retried' | 'postponed' | 'gone';

export type JobMetrics = {
  countJob(end: JobEnd): void;
  /** Of the call alone. */
  observeWebhookCall(seconds: number): void;
};

export type WebhookJobsDependencies = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<Engine, 'submit'>;
  readonly http: OutgoingHttp;
  /** Null: nothing can be opened; calls that had to be signed fail. */
  readonly secretBox: SecretBox | null;
  readonly metrics: JobMetrics;
  /** No other server works on this database: what is leased at the start is a dead server's. */
  readonly isOnlyServer?: boolean;
  readonly perChannelMax?: number;
  readonly leaseMarginMs?: number;
};

const callsInFlightMax = 256;
const channelCallsMax = 16;
/** For what comes after the call: an outage of the database that is shorter costs no second call. */
const leaseMarginMs = 30_000;
/** Jobs of other servers, and what killed servers held, are found within this time. */
const pollMs = 1_000;
const outageFirstMs = 250;
const outageMostMs = 5_000;
const resubmitFirstMs = 100;
const resubmitMostMs = 2_000;
const rejectedFirstMs = 60_000;
const rejectedMostMs = 3_600_000;

/** With the end of its lease, and when the run came to its step, on the steady clock. */
type LeasedJob = ClaimedJob & { readonly leaseEndsAt: number; readonly beganAt: number };

export class WebhookJobs {
  readonly #dependencies: WebhookJobsDependencies;
  readonly #alarm: Alarm;
  readonly #stopping = new AbortController();
  /** Calls under way, by channel. */
  readonly #loads = new Map<string, ChannelLoad>();
  readonly #inFlight = new Set<Promise<void>>();
  #hasMore = false;
  #outages = 0;
  #isAbandoned = false;
  #running: Promise<void> | undefined;

  constructor(dependencies: WebhookJobsDependencies) {
    this.#dependencies = dependencies;
    this.#alarm = new Alarm(steadyClock);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Claims no more, and waits a little for the calls under way. What is not done by then is left to its lease, whatever
   * becomes of it.
   */
  async stop(graceMs = 2_000): Promise<void> {
    this.#stopping.abort();
    this.#alarm.close();
    const done = new AbortController();
    const late = pause(graceMs, undefined, { signal: done.signal }).catch(() => {});
    const finished = Promise.resolve(this.#running).then(() => Promise.all(this.#inFlight));
    await Promise.race([finished, late]);
    done.abort();
    this.#isAbandoned = true;
  }

  /** Says that there are new jobs, so that nobody has to look for them. */
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

  /** Claims as many jobs as there is room for, and begins with them. @returns when to look again. */
  async #claimDue(): Promise<number> {
    const { pool, log } = this.#dependencies;
    const { perChannelMax = channelCallsMax, leaseMarginMs: marginMs = leaseMarginMs } =
      this.#dependencies;
    const limit = callsInFlightMax - this.#inFlight.size;
    const loads = [...this.#loads.values()];
    this.#hasMore = true;
    if (limit <= 0) return steadyClock() + pollMs;
    try {
      const askedAt = steadyClock();
      const claim = { leaseMarginMs: marginMs, limit, perChannelMax, loads };
      const jobs = await claimJobs(pool, claim);
      this.#outages = 0;
      for (const job of jobs) {
        const leaseEndsAt = askedAt + job.content.timeoutMs + marginMs;
        this.#begin({ ...job, leaseEndsAt, beganAt: askedAt - job.ageMs });
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
        // Of the database, most likely; the lease ends by itself.
        this.#dependencies.log.warn({ err: error, ...about(job) }, 'job.not_brought_home');
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

  /** Does a job from the claim to its end. */
  async #perform(job: LeasedJob): Promise<void> {
    const { pool, metrics, log } = this.#dependencies;
    if (job.externalId === null) return this.#forget(job);
    // Claimed in the moment in which we were told to stop: somebody else's, at once.
    if (this.#isStopping) return postponeJob(pool, job, 0);
    if (steadyClock() + job.content.timeoutMs > job.leaseEndsAt) return this.#leave(job);
    const { answer, values } = await this.#call(job);
    if (this.#isAbandoned) return;
    passFaultPoint('after_call');

    const { attempt, content } = job;
    const elapsedMs = steadyClock() - job.beganAt;
    const verdict = judgeAnswer(answer, { ...content, attempt, elapsedMs }, randomFraction());
    const ended =
      answer.kind === 'answered' ? { status: answer.status } : { reason: answer.reason };
    const { latencyMs } = answer;
    log.debug({ ...about(job), ...ended, latencyMs, verdict: verdict.do }, 'job.called');
    if (verdict.do === 'retry') {
      await postponeJob(pool, job, verdict.delayMs);
      metrics.countJob('retried');
      this.#alarm.setFor(steadyClock() + verdict.delayMs);
      return;
    }
    await this.#submitResult(job, withoutValues(verdict.outcome, values));
  }

  /** Makes a call. @returns its answer, and the values of the secrets that may be repeated in it. */
  async #call(job: LeasedJob): Promise<CallEnd> {
    const { http, clock, log, metrics, secretBox } = this.#dependencies;
    const { withinMs = Number.POSITIVE_INFINITY, timeoutMs: usualMs } = job.content;
    const timeoutMs = Math.min(usualMs, Math.ceil(job.beganAt + withinMs - steadyClock()));
    if (timeoutMs <= 0) return notMade('timeout', 'the time of the step is over');
    let secrets: readonly [string, string?] | null;
    try {
      secrets = this.#openSecrets(job);
    } catch (error) {
      log.error({ err: error, ...about(job) }, 'job.cannot_be_signed');
      const detail = 'it could not be signed: the secret of the channel does not open';
      return notMade('protocol', detail);
    }
    const opened = openCallSecrets(job, secretBox);
    if (!opened.ok) {
      log.error({ reason: opened.why, ...about(job) }, 'job.lacks_a_secret');
      return notMade('url', opened.why);
    }
    const { values } = opened;
    const answer = await http.send(webhookRequest(job, secrets, clock(), { values, timeoutMs }));
    metrics.observeWebhookCall(answer.latencyMs / 1000);
    return { answer, values };
  }

  /** @throws when they were sealed with another key, or there is none. */
  #openSecrets(job: ClaimedJob): readonly [string, string?] | null {
    const { workspaceId, channelId, secretSealed, previousSecretSealed } = job;
    const { secretBox } = this.#dependencies;
    if (secretSealed === null) return null;
    if (secretBox === null) throw new Error('there is no secret key');
    const place = secretContexts.secret(workspaceId, channelId);
    const current = secretBox.open(secretSealed, place);
    if (previousSecretSealed === null) return [current];
    return [current, secretBox.open(previousSecretSealed, place)];
  }

  /** Sends the end of a call through the door; while the door is shut, again and again until the lease ends. */
  async #submitResult(job: LeasedJob, outcome: JobOutcome): Promise<void> {
    const { pool, log, metrics } = this.#dependencies;
    let status = await this.#submit(job, outcome);
    for (let count = 1; status === 503; count += 1) {
      const pauseMs = backoffMs(resubmitFirstMs, resubmitMostMs, count);
      if (this.#isStopping || steadyClock() + pauseMs >= job.leaseEndsAt) break;
      await pause(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      status = await this.#submit(job, outcome);
    }
    // An answer that cannot be taken must not hold its run for ever.
    if (status === 500 && outcome.ok) {
      status = await this.#submit(job, { ok: false, reason: 'the answer could not be taken' });
    }
    if (status === 200) return metrics.countJob(outcome.ok ? 'answered' : 'failed');
    if (status === 404) return this.#forget(job);
    log.warn({ ...about(job), status }, 'job.end_refused');
    metrics.countJob('postponed');
    if (status === 503) return;
    const pauseMs = backoffMs(rejectedFirstMs, rejectedMostMs, job.attempt);
    await postponeJob(pool, job, pauseMs);
  }

  /** @returns 200, or the status of the refusal. */
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

  /** This process stood still since the claim: the call could overlap with that of another server. */
  #leave(job: LeasedJob): void {
    this.#dependencies.log.warn(about(job), 'job.lease_too_short');
    this.#dependencies.metrics.countJob('postponed');
  }

  async #forget(job: ClaimedJob): Promise<void> {
    await deleteJob(this.#dependencies.pool, job);
    this.#dependencies.metrics.countJob('gone');
  }
}

type CallEnd = { readonly answer: OutgoingAnswer; readonly values: CallSecrets };

const notMade = (reason: 'protocol' | 'timeout' | 'url', detail: string): CallEnd => ({
  answer: { kind: 'failed', reason, detail, latencyMs: 0 },
  values: new Map(),
});

/** What the log may say of a job: neither where it leads nor what it carries. */
const about = ({ workspaceId, channelId, conversationId, id, attempt }: ClaimedJob) => ({
  workspaceId,
  channelId,
  conversationId,
  jobId: id,
  attempt,
});
