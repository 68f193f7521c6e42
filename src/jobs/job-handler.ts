// The contract between the worker that runs jobs and the handlers: each kind of job has one. Runs nothing.

import type { Job, JobOutcome } from '../core/conversation/signal.ts';
import type { ClaimedJob } from '../store/workflows/jobs.ts';

/** A claimed job with times on the steady clock. */
export type LeasedJob = ClaimedJob & {
  readonly leaseEndsAt: number;
  /** When the workflow run came to the step. */
  readonly beganAt: number;
};

/** The end of one try: the result goes to the workflow run, or the job is tried again after a delay. */
export type JobVerdict =
  | { readonly do: 'finish'; readonly outcome: JobOutcome }
  | { readonly do: 'retry'; readonly delayMs: number };

export type JobHandler = {
  /** Does a job once, within its timeoutMs. A rejection leaves the job to the end of its lease. */
  perform(job: LeasedJob): Promise<JobVerdict>;
};

/** A handler for every kind: a kind without one does not compile. */
export type JobHandlers = Readonly<Record<Job['kind'], JobHandler>>;

/** The parts of a job that the log may show: neither its address nor its content. */
export const loggedFields = (job: ClaimedJob) => ({
  workspaceId: job.workspaceId,
  channelId: job.channelId,
  conversationId: job.conversationId,
  jobId: job.id,
  attempt: job.attempt,
});
