// The baseline of delivery, as a separate process: graphile-worker, where each job posts one event, signed and sent by
// Parley's code. Takes its options as one JSON argument; prints a line when it is ready.

import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { systemClock } from '../src/base/clock.ts';
import { type EventTarget, eventRequest } from '../src/outgoing/event-request.ts';
import { OutgoingHttp } from '../src/outgoing/http-client.ts';

export type GraphileArgument = {
  readonly connection: pg.ClientConfig;
  readonly settings: GraphileSettings;
  readonly secret: string;
};

/** The settings that determine its speed. */
export type GraphileSettings = {
  readonly concurrentJobs: number;
  readonly connections: number;
  /** How long a worker sleeps if it found nothing, or found every queue locked. */
  readonly pollMs: number;
  /** Number of jobs fetched at a time; -1: each worker fetches its own. */
  readonly localQueueSize: number;
  /** How long finished jobs wait to be recorded together; -1: they do not. */
  readonly completeJobBatchDelayMs: number;
};

export type GraphileJob = {
  readonly url: string;
  readonly id: string;
  readonly name: string;
  readonly body: string;
};

const { connection, settings, secret } = JSON.parse(process.argv[2] ?? '') as GraphileArgument;
const http = new OutgoingHttp({ clock: systemClock });
const target: Omit<EventTarget, 'url'> = {
  secrets: [secret],
  tokenHeader: null,
  timeoutMs: 15_000,
  allowedCidrs: ['127.0.0.0/8'],
};

async function deliver(payload: unknown): Promise<void> {
  const { url, ...event } = payload as GraphileJob;
  const nowMs = systemClock();
  const request = eventRequest({ ...target, url }, { ...event, userAgent: 'bench', nowMs });
  const answer = await http.send(request);
  if (answer.kind !== 'responded' || answer.status !== 200) throw new Error(JSON.stringify(answer));
}

const runner = await run({
  pgPool: new pg.Pool({ ...connection, max: settings.connections }),
  taskList: { deliver },
  noHandleSignals: true,
  logger: new Logger(() => (level, message) => {
    if (level === 'error') process.stderr.write(`${message}\n`);
  }),
  preset: {
    worker: {
      concurrentJobs: settings.concurrentJobs,
      maxPoolSize: settings.connections,
      pollInterval: settings.pollMs,
      completeJobBatchDelay: settings.completeJobBatchDelayMs,
      localQueue: { size: settings.localQueueSize },
    },
  },
});
process.stdout.write(`${JSON.stringify({ isRunning: true })}\n`);
process.on('SIGTERM', () => {
  void runner.stop().finally(() => process.exit());
});
