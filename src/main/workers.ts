// What works beside the requests: delivery to callbacks, timers, webhook calls. Starts and stops them together, and
// tells them what the engine has committed.

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
import type { EventStreamHub } from '../http/events/event-stream-hub.ts';
import type { RouteDependencies } from '../http/server/route.ts';
import { ClockCorrections } from '../jobs/clock-corrections.ts';
import { CallWebhook } from '../jobs/handlers/call-webhook.ts';
import { Timers } from '../jobs/timers.ts';
import { JobWorker } from '../jobs/worker.ts';
import { OutgoingHttp } from '../outgoing/http-client.ts';
import { callbackStateOf } from '../store/outbox/backlog.ts';
import { sendEventsNow } from '../store/outbox/send-now.ts';
import { checkSealedValues } from '../store/secrets/sealed-values.ts';
import type { SecretKey } from '../store/secrets/secret-key.ts';
import { showDelivery } from './delivery-gauges.ts';

/** One leases lanes, two settle them. */
const DELIVERY_CONNECTIONS = 3;
const JOB_CONNECTIONS = 2;

export type Background = {
  readonly pools: Readonly<Record<string, Pool>>;
  /** Tells whom it concerns what a group has committed. */
  noteCommitted(committed: Committed): void;
  /** Makes what waits for a callback due now, and has it sent. */
  sendNow: RouteDependencies['sendNow'];
  start(): Promise<void>;
  /** Takes nothing new, and waits a moment for work in flight. */
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
  readonly secretKey: SecretKey;
  /** For what is looked at now and then. */
  readonly accessPool: Pool;
};

/** Puts the workers together; they do nothing before start(). */
export function prepareBackground(options: BackgroundOptions): Background {
  const { config, database, log, secretKey, metrics, engine, events } = options;
  const clock = options.clock.now;
  // Without a key nothing can be sent; everything else works, and what is to be sent waits.
  const secretBox = secretKey.trouble === null ? secretKey.toSeal() : secretKey.box;
  const http = new OutgoingHttp({ clock, proxy: config });
  const jobPool = database.openPool('engine', JOB_CONNECTIONS);
  const deliveryPool = database.openPool('delivery', DELIVERY_CONNECTIONS);
  const shared = { log, clock, engine, pool: jobPool, metrics };
  const timers = new Timers(shared);
  const corrections = new ClockCorrections(shared);
  // One server has the data folder to itself; who else uses a database of our own is unknown.
  const isOnlyServer = database.isEmbedded;
  const callWebhook = new CallWebhook({ ...shared, http, secretBox });
  const jobs = new JobWorker({ ...shared, handlers: { call_webhook: callWebhook }, isOnlyServer });
  const delivery =
    secretBox === null
      ? null
      : new DeliveryWorker({
          pool: deliveryPool,
          clock,
          log,
          metrics,
          secretBox,
          http,
          random: randomFraction,
          userAgent: ownUserAgent(),
          isOnlyServer,
        });
  if (delivery !== null) watchLanes(metrics, delivery);
  showDelivery(metrics, options.accessPool, secretBox);
  return {
    pools: { jobs: jobPool, delivery: deliveryPool },
    noteCommitted({ channels, ephemeral, wakeAt, hasJobs, waits, cutRuns }) {
      corrections.note(waits);
      if (channels.length > 0) {
        delivery?.wake(channels);
        events.wake(channels);
      }
      for (const one of ephemeral) {
        delivery?.sendEphemeral(one.workspaceId, one.channelId, one.body);
        events.pass(one, one);
      }
      timers.noteWake(wakeAt);
      if (hasJobs) jobs.wake();
      tellCutRuns(cutRuns, options);
    },
    async sendNow(wish) {
      const result = await sendEventsNow(options.accessPool, wish);
      if (result === null) return null;
      delivery?.wake([wish]);
      const { backlog } = result;
      if (backlog === null) return { ...result, callbackState: 'none' };
      const { unreadable } = await checkSealedValues(options.accessPool, secretBox);
      return { ...result, callbackState: callbackStateOf(backlog, unreadable) };
    },
    async start() {
      options.clock.follow(limits.clockComparisonMs, (byMs) => corrections.onMoved(byMs));
      corrections.start();
      timers.start();
      jobs.start();
      await delivery?.start();
    },
    async stop() {
      options.clock.stop();
      await Promise.all([timers.stop(), corrections.stop(), jobs.stop(), delivery?.stop()]);
      await http.close();
    },
  };
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
