// Servers on one database whose clocks are minutes apart: timers and webhook calls. With clocks that follow it, wired
// as in main.ts, and with clocks that were set a moment ago and are not corrected yet.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { newSigningSecret } from '../base/random.ts';
import type { Step } from '../core/workflow/definition.ts';
import { DatabaseClock } from '../engine/database-clock.ts';
import type { Engine } from '../engine/engine.ts';
import { OutgoingHttp } from '../outgoing/http-client.ts';
import { CallWebhook } from './handlers/call-webhook.ts';
import { openReceiver } from './receiver.fixture.ts';
import {
  keepLog,
  letPass,
  openEngine,
  openJobsPool,
  openScene,
  rest,
  type Scene,
  say,
  secretBox,
} from './test-workspace.fixture.ts';
import { Timers } from './timers.ts';
import { type JobEnd, JobWorker } from './worker.ts';

const database = await openTestDatabase();
const minute = 60_000;

type Context = { after: (end: () => unknown) => void };

/** Opens a server whose own clock is ahead by so much. */
async function openServer(context: Context, aheadMs: number, isFollowing: boolean) {
  const pool = openJobsPool(database);
  const own: Clock = () => systemClock() + aheadMs;
  const { lines, log } = keepLog();
  const shared = new DatabaseClock({ pool, log, clock: own });
  if (isFollowing) await shared.compare();
  const clock = isFollowing ? shared.now : own;
  const { engine, errors } = openEngine(database, {}, clock);
  const fired: string[] = [];
  const ends: JobEnd[] = [];
  let lookUps = 0;
  const timerPool = openJobsPool(database);
  timerPool.on('acquire', () => {
    lookUps += 1;
  });
  const counts = {
    countTimer: (outcome: string) => fired.push(outcome),
    observeTimerLag: () => {},
    countJob: (end: JobEnd) => ends.push(end),
    observeWebhookCall: () => {},
  };
  const around = { clock, log, engine, metrics: counts };
  const timers = new Timers({ ...around, pool: timerPool });
  const http = new OutgoingHttp({ clock });
  const handlers = { call_webhook: new CallWebhook({ ...around, http, secretBox }) };
  const jobs = new JobWorker({ ...around, pool, handlers });
  context.after(async () => {
    await Promise.all([timers.stop(), jobs.stop(100)]);
    await engine.drain();
    await http.close();
  });
  const start = () => {
    timers.start();
    jobs.start();
  };
  return { clock, engine, errors, fired, ends, lines, timers, start, lookUps: () => lookUps };
}

/** Opens two servers: one ahead by five minutes, one behind by as much. */
const openServers = (context: Context, isFollowing: boolean) =>
  Promise.all([5, -5].map((minutes) => openServer(context, minutes * minute, isFollowing)));

const openWait = (engine: Engine, forMs: number) =>
  openScene(database, engine, [{ id: 'wait', do: 'wait', forMs, next: 'later' }, say('later')]);

async function openCall(engine: Engine, url: string, retryDelaysMs: readonly number[] = []) {
  const call: Step = {
    id: 'call',
    do: 'call_webhook',
    url,
    method: 'POST',
    headers: {},
    body: {},
    timeoutMs: 5_000,
    retryDelaysMs,
    save: [],
    failed: 'sorry',
    next: 'thanks',
  };
  const scene = await openScene(database, engine, [call, say('thanks'), say('sorry')]);
  await scene.allow(newSigningSecret());
  return scene;
}

const hasSaid = (scene: Scene, what: string) =>
  until(`it says ${what}`, async () => (await scene.parts('a')).includes(what));

for (const isFollowing of [true, false]) {
  const which = isFollowing ? 'clocks that follow the database' : 'clocks not corrected yet';

  test(`clocks: two servers ten minutes apart make each call once, ${which}`, async (context) => {
    const servers = await openServers(context, isFollowing);
    // Long enough for each server to claim several times while the other's calls are in flight.
    const receiver = await openReceiver((response) => setTimeout(() => response.end('{}'), 2_500));
    const scenes = await Promise.all(servers.map(({ engine }) => openCall(engine, receiver.url)));
    for (const scene of scenes) await scene.begin('a');
    for (const { start } of servers) start();
    for (const scene of scenes) await hasSaid(scene, 'thanks');
    assert.equal(receiver.calls.length, 2);
    await until('both are counted', () => servers.flatMap(({ ends }) => ends).length === 2);
    assert.deepEqual(
      servers.flatMap(({ ends }) => ends),
      ['answered', 'answered'],
    );
    assert.deepEqual(
      servers.flatMap(({ errors }) => errors()),
      [],
    );
  });

  test(`clocks: two servers ten minutes apart keep the pause of a retry, ${which}`, async (context) => {
    const servers = await openServers(context, isFollowing);
    const receiver = await openReceiver((response, before) =>
      response.writeHead(before === 0 ? 500 : 200).end('{}'),
    );
    const [ahead, behind] = servers;
    const scene = await openCall(behind!.engine, receiver.url, [minute]);
    await scene.begin('a');
    behind!.start();
    await until('its end is written', () => behind!.ends.length === 1);
    ahead!.start();
    await rest(1_500);
    assert.equal(receiver.calls.length, 1);
    await letPass(database, 1.2 * minute);
    await hasSaid(scene, 'thanks');
    assert.equal(receiver.calls.length, 2);
  });
}

test('clocks: timers of servers ten minutes apart fire once and in time', async (context) => {
  const servers = await openServers(context, true);
  const scenes = await Promise.all(servers.map(({ engine }) => openWait(engine, 1_500)));
  for (const { start } of servers) start();
  const beganMs = systemClock();
  for (const [index, scene] of scenes.entries()) {
    await scene.begin('a');
    servers[index]!.timers.noteWake((await scene.conversation('a')).wakeAt);
  }
  for (const scene of scenes) await hasSaid(scene, 'later');
  assert.ok(systemClock() - beganMs >= 1_400, 'one was early');
  await rest(300);
  for (const scene of scenes) assert.deepEqual(await scene.parts('a'), ['later']);
  const lines = servers.flatMap((server) => server.lines.join(''));
  assert.doesNotMatch(lines.join(''), /timer\.(stuck|refused)/);
});

test('clocks: a server that is ahead does not end the waits of others', async (context) => {
  const right = await openServer(context, 0, true);
  const scene = await openWait(right.engine, minute);
  await scene.begin('a');
  const ahead = await openServer(context, 5 * minute, false);
  ahead.start();
  await rest(700);
  assert.deepEqual(await scene.parts('a'), []);
  assert.deepEqual(ahead.fired, []);
  await letPass(database, minute);
  await hasSaid(scene, 'later');
  assert.deepEqual(ahead.fired, ['fired']);
});

test('clocks: a server that is behind submits no timer too early', async (context) => {
  const right = await openServer(context, 0, true);
  const scene = await openWait(right.engine, minute);
  await scene.begin('a');
  await letPass(database, minute);
  const behind = await openServer(context, -5 * minute, false);
  behind.start();
  await rest(1_500);
  assert.deepEqual(behind.fired, []);
  assert.ok(behind.lookUps() <= 5, `${behind.lookUps()} lookups`);
  right.start();
  await hasSaid(scene, 'later');
  await rest(200);
  assert.deepEqual([right.fired, behind.fired], [['fired'], []]);
});
