// A stage for the job tests: a database, an engine, a worker with its handlers, and a conversation whose workflow
// run waits for a webhook call.

import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { systemClock as clock } from '../base/clock.ts';
import { newSigningSecret } from '../base/random.ts';
import type { Step } from '../core/workflow/definition.ts';
import { OutgoingHttp } from '../outgoing/http-client.ts';
import { CallWebhook, type CallWebhookDependencies } from './handlers/call-webhook.ts';
import {
  keepLog,
  openEngine,
  openJobsPool,
  openScene,
  say,
  secretBox,
} from './test-workspace.fixture.ts';
import { type JobEnd, JobWorker, type JobWorkerDependencies } from './worker.ts';

export const database = await openTestDatabase();
export const { engine, errors } = openEngine(database);
const http = new OutgoingHttp({ clock });
afterAll(() => http.close());

type Context = { after: (end: () => unknown) => void };

/** Starts the job worker of a server; it stops at the end of the test. */
export function startJobs(
  context: Context,
  fields: Partial<
    Omit<JobWorkerDependencies, 'metrics'> & Pick<CallWebhookDependencies, 'secretBox'>
  > = {},
) {
  const { lines, log } = keepLog();
  const ends: JobEnd[] = [];
  const metrics = { countJob: (end: JobEnd) => ends.push(end), observeWebhookCall: () => {} };
  const callWebhook = new CallWebhook({ clock, log, http, secretBox, metrics, ...fields });
  const jobs = new JobWorker({
    pool: openJobsPool(database),
    log,
    engine,
    handlers: { call_webhook: callWebhook },
    metrics,
    ...fields,
  });
  jobs.start();
  context.after(() => jobs.stop(100));
  return { jobs, ends, lines };
}

type CallStep = Extract<Step, { readonly do: 'call_webhook' }>;

const callStep = (url: string, fields: Partial<CallStep> = {}): Step => ({
  id: 'call',
  do: 'call_webhook',
  url,
  method: 'POST',
  headers: { 'x-shop': 'north' },
  body: { order: '7' },
  timeoutMs: 2_000,
  retryDelaysMs: [100, 100],
  save: [
    { attribute: 'status', pointer: '/order/status' },
    { attribute: 'missing', pointer: '/nothing' },
  ],
  failed: 'sorry',
  next: 'thanks',
  ...fields,
});

/** Opens a workspace whose one conversation waits for a call. */
export async function openCall(
  url: string,
  fields: Partial<CallStep> = {},
  allowedCidrs: readonly string[] = ['127.0.0.0/8'],
  name = 'a',
) {
  const secret = newSigningSecret();
  const steps = [callStep(url, fields), say('thanks'), say('sorry')];
  const scene = await openScene(database, engine, steps);
  await scene.allow(secret, allowedCidrs);
  const conversationId = await scene.begin(name);
  const hasEnded = async () => (await scene.conversation('a')).run?.status === 'ended';
  return { ...scene, secret, conversationId, ended: () => until('the run ended', hasEnded) };
}
