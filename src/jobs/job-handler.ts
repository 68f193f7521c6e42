// The contract between the worker that runs jobs and the handlers: each kind of job has one. Runs nothing.

import type { Job, JobOutcome } from '../core/conversation/signal.ts';
import type { ClaimedJob } from '../store/workflows/jobs.ts';

/** A claimed job with times on the steady clock. */
export type LeasedJob = ClaimedJob & {
  readonly leaseEndsAt: number;
  /** The time at which the workflow run reached the step. */
  readonly beganAt: number;
};

/** The end of one attempt: a result for the workflow run, or a retry after a delay. */
export type JobVerdict =
  | { readonly do: 'finish'; readonly outcome: JobOutcome }
  | { readonly do: 'retry'; readonly delayMs: number };

export type JobHandler = {
  /** Performs a job once, within its timeoutMs. If it rejects, the job waits until its lease ends. */
  perform(job: LeasedJob): Promise<JobVerdict>;
};

/** A handler for every kind of job; a kind without one does not compile. */
export type JobHandlers = Readonly<Record<Job['kind'], JobHandler>>;

/** Returns the fields of a job that may be logged: neither its address nor its content. */
export const loggedFields = (job: ClaimedJob) => ({
  workspaceId: job.workspaceId,
  channelId: job.channelId,
  conversationId: job.conversationId,
  jobId: job.id,
  attempt: job.attempt,
});
