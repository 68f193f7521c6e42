// The workers beside the requests: delivery to callbacks, timers, webhook calls. Starts and stops them together, and
// notifies them of commits of the engine.

import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import { randomFraction } from '../base/random.ts';
import { ownUserAgent } from '../base/release.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Pool } from '../database/pool.ts';
import { DeliveryWorker } from '../delivery/delivery-worker.ts';
import type { Committed } from '../engine/committed.ts';
import type { DatabaseClock } from '../engine/database-clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Files } from '../files/files.ts';
import type { FileStores } from '../files/open-files.ts';
import type { InboxFeed } from '../http/app/stream/inbox-feed.ts';
import type { EventStreamHub } from '../http/events/event-stream-hub.ts';
import { ClockCorrections } from '../jobs/clock-corrections.ts';
import { FileFetches } from '../jobs/file-fetches.ts';
import { CallWebhook } from '../jobs/handlers/call-webhook.ts';
import { OldFiles } from '../jobs/old-files.ts';
import { removalOfOldKeys } from '../jobs/old-keys.ts';
import { removalOfOldSessions } from '../jobs/old-sessions.ts';
import { RemovalPace } from '../jobs/removal-pace.ts';
import { Removals } from '../jobs/removals.ts';
import { Retention } from '../jobs/retention.ts';
import { Timers } from '../jobs/timers.ts';
import { JobWorker } from '../jobs/worker.ts';
import type { OperationServices } from '../management/operation.ts';
import { OutgoingHttp } from '../outgoing/http-client.ts';
import { sendEventsNow } from '../store/outbox/send-now.ts';
import type { SecretKey } from '../store/secrets/secret-key.ts';
import { showDelivery } from './delivery-gauges.ts';
import { showRemovals } from './removal-gauges.ts';

/** One connection leases lanes, two record results. */
const DELIVERY_CONNECTIONS = 3;
const JOB_CONNECTIONS = 2;

export type Background = {
  readonly pools: Readonly<Record<string, Pool>>;
  /** Notifies the workers of a committed group. */
  noteCommitted(committed: Committed): void;
  /** Makes waiting events due now and wakes the delivery. */
  sendNow: OperationServices['sendNow'];
  start(): Promise<void>;
  /** Accepts no new work, and waits a short time for work in flight. */
  stop(): Promise<void>;
};

export type BackgroundOptions = {
  readonly config: Config;
  readonly database: Database;
  readonly clock: DatabaseClock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly engine: Engine;
  readonly events: EventStreamHub;
  readonly inboxFeed: InboxFeed;
  readonly secretKey: SecretKey;
  readonly files: Files;
  readonly fileStores: FileStores;
  /** The pool for occasional queries. */
  readonly accessPool: Pool;
};

/** Creates the workers; they do nothing before start(). */
export function prepareBackground(options: BackgroundOptions): Background {
  const { config, database, log, secretKey, metrics, engine, events, files } = options;
  // Without a key nothing can be sent: events wait, and everything else works.
  const secretBox = secretKey.trouble === null ? secretKey.toSeal() : secretKey.box;
  const http = new OutgoingHttp({ clock: options.clock.now, proxy: config });
  const jobPool = database.openPool('engine', JOB_CONNECTIONS);
  const deliveryPool = database.openPool('delivery', DELIVERY_CONNECTIONS);
  const shared = { log, clock: options.clock.now, engine, pool: jobPool, metrics };
  const [timers, corrections] = [new Timers(shared), new ClockCorrections(shared)];
  const removal = prepareRemovals(options, jobPool);
  const fetches = new FileFetches({ ...shared, files, http });
  const regular = [corrections, timers, fetches, ...removal.workers];
  // Only one server can use a data folder; an external database may have others.
  const isOnlyServer = database.isEmbedded;
  const handlers = { call_webhook: new CallWebhook({ ...shared, http, secretBox }) };
  const jobs = new JobWorker({ ...shared, handlers, isOnlyServer });
  const delivery =
    secretBox === null
      ? null
      : new DeliveryWorker({
          ...shared,
          pool: deliveryPool,
          secretBox,
          http,
          random: randomFraction,
          userAgent: ownUserAgent(),
          present: (text, id) => files.links.inText(text, id),
          isOnlyServer,
        });
  if (delivery !== null) watchLanes(metrics, delivery);
  showDelivery(metrics, options.accessPool, secretBox);
  return {
    pools: { jobs: jobPool, delivery: deliveryPool, removal: removal.pool },
    noteCommitted({ channels, ephemeral, wakeAt, hasJobs, waits, cutRuns, inboxes }) {
      removal.pace.noteCommit();
      corrections.note(waits);
      if (channels.length > 0) {
        delivery?.wake(channels);
        events.wake(channels);
      }
      if (inboxes.length > 0) options.inboxFeed.wake(inboxes);
      for (const one of ephemeral) {
        delivery?.sendEphemeral(one.workspaceId, one.channelId, one.body);
        events.sendEphemeral(one, one);
      }
      timers.noteWake(wakeAt);
      if (hasJobs) jobs.wake();
      tellCutRuns(cutRuns, options);
    },
    async sendNow(record, wish) {
      const result = await sendEventsNow(options.accessPool, record, wish);
      if (result !== null) delivery?.wake([wish]);
      return result;
    },
    async start() {
      options.clock.follow(limits.clockComparisonMs, (byMs) => corrections.onMoved(byMs));
      for (const worker of regular) worker.start();
      jobs.start();
      await delivery?.start();
    },
    async stop() {
      options.clock.stop();
      await Promise.all([...regular, jobs, delivery].map((one) => one?.stop()));
      await http.close();
    },
  };
}

/** Creates the workers that remove what is old or has to go. */
function prepareRemovals(options: BackgroundOptions, jobPool: Pool) {
  const { database, log, metrics, accessPool } = options;
  const { stores } = options.fileStores;
  // A connection of its own, with plans for large pieces.
  const pool = database.openPool('admin', 1);
  showRemovals(metrics, accessPool);
  const pace = new RemovalPace();
  const workers = [
    removalOfOldKeys(jobPool, log),
    removalOfOldSessions(jobPool, log),
    new OldFiles({ pool: jobPool, log, stores }),
    new Removals({ pool, log, pace }),
    new Retention({ pool, log, pace, metrics }),
  ];
  return { pool, workers, pace };
}

function watchLanes(metrics: Metrics, delivery: DeliveryWorker): void {
  metrics.gauge(
    'parley_delivery_lanes',
    'Lanes that this server has leased, by what they wait for.',
    ['state'],
    (set) => {
      for (const [state, count] of Object.entries(delivery.lanes)) set({ state }, count);
    },
  );
}

function tellCutRuns(
  cutRuns: Committed['cutRuns'],
  { metrics, log }: Pick<BackgroundOptions, 'metrics' | 'log'>,
): void {
  for (const run of cutRuns) {
    metrics.countCutRun(run.reason);
    log.warn(run, 'run.cut');
  }
}
