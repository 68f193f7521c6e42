// A server that makes webhook calls in a separate process, so that it can be killed. The environment names the
// database, and PARLEY_FAULT_POINT the place to die.

import { pino } from 'pino';
import { systemClock as clock } from '../base/clock.ts';
import { openPool } from '../database/pool.ts';
import { Engine } from '../engine/engine.ts';
import { WorkspaceSetups } from '../engine/workspace-setups.ts';
import { OutgoingHttp } from '../outgoing/http-client.ts';
import { CallWebhook } from './handlers/call-webhook.ts';
import { secretBox } from './test-workspace.fixture.ts';
import { JobWorker } from './worker.ts';

const target = JSON.parse(process.env['JOBS_DATABASE']!) as object;
const pool = openPool(target, 'engine', { max: 2, onError: () => {} });
const log = pino({ level: 'silent' });
const engine = new Engine({
  pool,
  clock,
  log,
  metrics: { observeGroup() {}, countFailure() {} },
  setups: new WorkspaceSetups(pool, clock),
  groupSignalsMax: 128,
  groupsInFlightMax: 2,
});
const metrics = { countJob() {}, observeWebhookCall() {} };
const http = new OutgoingHttp({ clock });
const handlers = { call_webhook: new CallWebhook({ clock, log, http, secretBox, metrics }) };
new JobWorker({ pool, log, engine, handlers, metrics }).start();

// Ends the process in case the test itself died.
setTimeout(() => process.exit(1), 30_000);
