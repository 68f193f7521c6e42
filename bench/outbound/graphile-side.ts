// graphile-worker as the bench runs it: the settings that are tried, and its process, which runs only during its
// measurement, because some of the settings keep the machine busy even without jobs.

import { randomUUID } from 'node:crypto';
import { nextLine, startChild } from '../child.ts';
import type { GraphileArgument, GraphileSettings } from '../graphile.ts';
import type { ArrivalReport } from './arrivals.ts';
import type { BacklogEvent, BacklogShape } from './backlog.ts';
import { partOfBacklog } from './deliveries.ts';
import type { GraphileQueue } from './graphile-queue.ts';
import type { ReceiverSide } from './receiver-side.ts';

const base = { pollMs: 2_000, localQueueSize: -1, completeJobBatchDelayMs: -1 };

/**
 * Every job is fetched and recorded by itself: the default for named queues. Workers that block each other wait for
 * pollMs.
 */
export const oneByOne: readonly GraphileSettings[] = [
  { ...base, concurrentJobs: 1, connections: 4 },
  { ...base, concurrentJobs: 2, connections: 4, pollMs: 5 },
  { ...base, concurrentJobs: 4, connections: 6, pollMs: 5 },
  { ...base, concurrentJobs: 24, connections: 26, pollMs: 100 },
];

/** Jobs are fetched and recorded in batches: first the settings of its documentation, then faster ones. */
export const batched: readonly GraphileSettings[] = [
  {
    ...base,
    concurrentJobs: 64,
    connections: 10,
    localQueueSize: 65,
    completeJobBatchDelayMs: 250,
  },
  { ...base, concurrentJobs: 64, connections: 10, localQueueSize: 65, completeJobBatchDelayMs: 10 },
  {
    ...base,
    concurrentJobs: 256,
    connections: 10,
    localQueueSize: 500,
    completeJobBatchDelayMs: 0,
  },
  {
    ...base,
    concurrentJobs: 256,
    connections: 10,
    localQueueSize: 1000,
    completeJobBatchDelayMs: 10,
  },
];

/** Signs like Parley, with a secret of the same length. */
const SECRET = `whsec_${Buffer.alloc(32, 'bench').toString('base64')}`;

export type GraphileTools = {
  readonly queue: GraphileQueue;
  readonly receiver: ReceiverSide;
  readonly shape: BacklogShape;
  /** Builds the events anew, since they contain their times. */
  readonly makeEvents: () => BacklogEvent[];
};

export type RunningGraphile = {
  /** Queues the backlog and measures it for some seconds. */
  deliver(seconds: number): Promise<ArrivalReport>;
  stop(): Promise<void>;
};

/** Starts the worker. */
export async function startGraphile(
  settings: GraphileSettings,
  { queue, receiver, shape, makeEvents }: GraphileTools,
): Promise<RunningGraphile> {
  const { connection } = queue;
  const argument: GraphileArgument = { connection, settings, secret: SECRET };
  await queue.empty();
  const child = startChild(['bench/graphile.ts', JSON.stringify(argument)], {});
  await nextLine(child);
  return {
    async deliver(seconds) {
      // A unique name: jobs fetched by the end of a measurement arrive after it.
      const series = `graphile-${randomUUID()}`;
      await queue.fill(makeEvents(), receiver.urlOf(series));
      const report = await partOfBacklog(receiver, series, shape, seconds);
      await queue.drain();
      return report;
    },
    stop: () => child.stop(),
  };
}

export type Trial = { readonly settings: GraphileSettings; readonly perSecond: number };

/** Tries settings. @returns all, the fastest first. */
export async function tryAll(
  candidates: readonly GraphileSettings[],
  tools: GraphileTools,
  seconds: number,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const settings of candidates) {
    const worker = await startGraphile(settings, tools);
    try {
      trials.push({ settings, perSecond: (await worker.deliver(seconds)).perSecond });
    } finally {
      await worker.stop();
    }
  }
  return trials.sort((a, b) => b.perSecond - a.perSecond);
}
