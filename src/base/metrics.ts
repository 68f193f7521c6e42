// The Prometheus metrics of Parley. One instance for each server.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof openMetrics>;

export function openMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  const groupSignals = new Histogram({
    name: 'parley_group_signals',
    help: 'Signals committed together in a group.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const groupSeconds = new Histogram({
    name: 'parley_group_commit_seconds',
    help: 'Time from the start of a group to its commit.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const groupFailures = new Counter({
    name: 'parley_group_failures_total',
    help: 'Groups that did not commit at first: write conflict, rejected, or database unavailable.',
    labelNames: ['kind'] as const,
    registers,
  });

  return {
    contentType: registry.contentType,
    /** Returns the metrics as text, collected once a second at most into one shared buffer. */
    text: oncePerSecond(async () => Buffer.from(await registry.metrics())),
    ...openHttpMetrics(registers),
    ...openDeliveryMetrics(registers),
    ...openJobMetrics(registers),
    observeGroup(signals: number, commitSeconds: number) {
      groupSignals.observe(signals);
      groupSeconds.observe(commitSeconds);
    },
    countFailure(kind: 'conflict' | 'rejected' | 'away') {
      groupFailures.inc({ kind });
    },
    /** Adds a gauge that is read at each scrape. */
    gauge: gaugesOf(registers),
  };
}

/** Caches the latest result for a second, also while it is in flight. A failure is not cached. */
function oncePerSecond<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: { readonly atMs: number; readonly value: Promise<Value> } | undefined;
  return () => {
    if (made !== undefined && performance.now() - made.atMs < 1_000) return made.value;
    const value = make();
    made = { atMs: performance.now(), value };
    value.catch(() => {
      made = undefined;
    });
    return value;
  };
}

/** Opens the metrics of requests and connections. */
function openHttpMetrics(registers: Registry[]) {
  const requests = new Counter({
    name: 'parley_http_requests_total',
    help: 'Requests, by route and status.',
    labelNames: ['route', 'status'] as const,
    registers,
  });
  const latency = new Histogram({
    name: 'parley_http_request_seconds',
    help: 'Time from the arrival of a request to its response, by route.',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const keys = new Counter({
    name: 'parley_idempotency_keys_total',
    help: 'Requests with an Idempotency-Key, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const cutConnections = new Counter({
    name: 'parley_http_connections_cut_total',
    help: 'Connections cut off: the client took nothing, or there were too many, or they held too much memory.',
    labelNames: ['reason'] as const,
    registers,
  });
  return {
    observeRequest(route: string, status: number, seconds: number) {
      requests.inc({ route, status });
      latency.observe({ route }, seconds);
    },
    countIdempotencyKey(outcome: 'processed' | 'replayed' | 'in_progress' | 'failed') {
      keys.inc({ outcome });
    },
    countCutConnection(reason: string) {
      cutConnections.inc({ reason });
    },
  };
}

/** Opens the metrics of deliveries to callbacks. */
function openDeliveryMetrics(registers: Registry[]) {
  const deliveries = new Counter({
    name: 'parley_delivery_attempts_total',
    help: 'Attempts to deliver an event to a callback, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const deliverySeconds = new Histogram({
    name: 'parley_delivery_seconds',
    help: 'Time that a callback took to respond.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  });
  const deadLetters = new Counter({
    name: 'parley_dead_letters_total',
    help: 'Events that were dead-lettered.',
    registers,
  });
  const ephemeral = new Counter({
    name: 'parley_passing_events_total',
    help: 'Signs of life, such as typing, that were sent once: by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const lostResults = new Counter({
    name: 'parley_delivery_results_lost_total',
    help: 'Deliveries whose result could not be written down in time; they are repeated.',
    registers,
  });
  return {
    observeAttempt(outcome: 'delivered' | 'retry' | 'parked' | 'disabled', seconds: number) {
      deliveries.inc({ outcome });
      deliverySeconds.observe(seconds);
    },
    countDeadLetter() {
      deadLetters.inc();
    },
    countEphemeral(outcome: 'sent' | 'failed' | 'dropped') {
      ephemeral.inc({ outcome });
    },
    countLostResults(lanes: number) {
      lostResults.inc(lanes);
    },
  };
}

/** Opens the metrics of timers and webhook calls. */
function openJobMetrics(registers: Registry[]) {
  const timers = new Counter({
    name: 'parley_timers_total',
    help: 'Timers whose time came, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const timerLag = new Histogram({
    name: 'parley_timer_lag_seconds',
    help: 'From when a timer was due until it took effect.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600],
    registers,
  });
  const jobs = new Counter({
    name: 'parley_webhook_calls_total',
    help: 'Webhook calls of workflows, by how they ended.',
    labelNames: ['end'] as const,
    registers,
  });
  const webhookSeconds = new Histogram({
    name: 'parley_webhook_seconds',
    help: 'Time that a webhook took to respond.',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });

  const cutRuns = new Counter({
    name: 'parley_workflow_runs_cut_total',
    help: 'Runs of workflows that ended before their time: a limit was reached, or a step is missing.',
    labelNames: ['reason'] as const,
    registers,
  });

  const removed = new Counter({
    name: 'parley_retention_removed_total',
    help: 'What was removed for its age, by what it is: `retention` in parley.yaml.',
    labelNames: ['kind'] as const,
    registers,
  });

  return {
    countRemoved(kind: string, count: number) {
      removed.inc({ kind }, count);
    },
    countCutRun(reason: 'message_limit' | 'step_limit' | 'broken') {
      cutRuns.inc({ reason });
    },
    countTimer(outcome: 'fired' | 'refused' | 'postponed') {
      timers.inc({ outcome });
    },
    observeTimerLag(seconds: number) {
      timerLag.observe(seconds);
    },
    countJob(end: 'answered' | 'failed' | 'retried' | 'postponed' | 'gone') {
      jobs.inc({ end });
    },
    observeWebhookCall(seconds: number) {
      webhookSeconds.observe(seconds);
    },
  };
}

type SetGauge = (labels: Record<string, string>, value: number) => void;

const gaugesOf =
  (registers: Registry[]) =>
  (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: SetGauge) => void | Promise<void>,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const values: Parameters<SetGauge>[] = [];
        await read((...value) => values.push(value));
        // Drops the labels that no longer exist.
        this.reset();
        for (const [labels, value] of values) this.set(labels, value);
      },
    });
  };
