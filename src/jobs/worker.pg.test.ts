// The job worker with a real engine, database and receiver: each job takes effect once and none is lost, also when
// servers stop or die, the engine is full or the database unavailable.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../test/support/until.ts';
import { fail } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { openDatabaseWay } from './database-way.fixture.ts';
import { openReceiver } from './receiver.fixture.ts';
import { letPass, openEngine, openJobsPool, rest } from './test-workspace.fixture.ts';
import { database, engine, openCall, startJobs } from './webhook-stage.fixture.ts';

test('jobs: a job of a deleted conversation is deleted and not performed', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const call = await openCall(receiver.url);
  await database.sql('update conversations set deleted_at = now() where workspace_id = $1', [
    call.workspaceId,
  ]);
  const { ends } = startJobs(context);
  await until('the job is gone', async () => (await call.jobCount()) === 0);
  await until('it is counted', () => ends.length === 1);
  assert.deepEqual(ends, ['gone']);
  assert.equal(receiver.calls.length, 0);
});

test('jobs: a channel whose endpoint hangs stays within its share', async (context) => {
  const dead = await openReceiver(() => {});
  const alive = await openReceiver((response) => response.end('{}'));
  const stuck = await openCall(dead.url, { timeoutMs: 30_000 });
  for (let index = 0; index < 40; index += 1) await stuck.begin(`s${index}`);
  const { jobs } = startJobs(context, { perChannelMax: 4 });
  await until('it has its share', () => dead.calls.length === 4);
  const calls = await Promise.all([openCall(alive.url), openCall(alive.url)]);
  jobs.wake();
  for (const call of calls) await call.ended();
  assert.equal(dead.calls.length, 4);
  assert.equal(await stuck.jobCount(), 41);
  // Keeps the machine free for the next tests.
  await jobs.stop(0);
  await database.sql('delete from jobs where workspace_id = $1', [stuck.workspaceId]);
});

test('jobs: two servers perform every job once', async (context) => {
  const receiver = await openReceiver((response) => setTimeout(() => response.end('{}'), 5));
  const call = await openCall(receiver.url);
  const names = Array.from({ length: 100 }, (_, index) => `c${index}`);
  await Promise.all(names.map(call.begin));
  startJobs(context);
  startJobs(context);
  await until('all are done', async () => (await call.jobCount()) === 0);
  assert.equal(receiver.calls.length, 101);
  assert.equal(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size, 101);
});

test('jobs: a result is kept while the engine is full, without a second call', async (context) => {
  const receiver = await openReceiver((response) => response.end('{"order":{"status":"kept"}}'));
  const call = await openCall(receiver.url);
  let rejections = 0;
  const fullEngine: Pick<Engine, 'submit'> = {
    submit(submission) {
      rejections += 1;
      return rejections <= 3
        ? Promise.resolve(fail(apiError('serviceUnavailable')))
        : engine.submit(submission);
    },
  };
  startJobs(context, { engine: fullEngine });
  await call.ended();
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'kept' });
  assert.equal(receiver.calls.length, 1);
});

test('jobs: a result is kept while the database is unavailable', async (context) => {
  const way = await openDatabaseWay(database);
  const target = { host: '127.0.0.1', port: way.port };
  const receiver = await openReceiver((response) => {
    way.cut();
    setTimeout(way.mend, 300);
    response.end('{"order":{"status":"kept"}}');
  });
  const call = await openCall(receiver.url);
  const { ends } = startJobs(context, {
    pool: openJobsPool(database, target),
    engine: openEngine(database, target).engine,
  });
  await call.ended();
  await until('it is counted', () => ends.length === 1);
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'kept' });
  assert.deepEqual(ends, ['answered']);
  assert.equal(receiver.calls.length, 1);
});

const killedServer = fileURLToPath(new URL('./killed-server.fixture.ts', import.meta.url));

test('jobs: a server killed before its result is recorded leaves the job', async (context) => {
  const receiver = await openReceiver((response, before) =>
    response.end(JSON.stringify({ order: { status: `answer ${before}` } })),
  );
  const call = await openCall(receiver.url);
  const child = spawn(process.execPath, [killedServer], {
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      PARLEY_FAULT_POINT: 'after_call:1',
      JOBS_DATABASE: JSON.stringify({ ...database.target }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  const [, signal] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
  assert.equal(signal, 'SIGKILL');
  assert.equal(receiver.calls.length, 1);
  assert.equal(await call.jobCount(), 1);

  startJobs(context);
  await rest(200);
  assert.equal(receiver.calls.length, 1, 'the lease was not respected');
  await letPass(database, 40_000);
  await call.ended();
  const [first, second] = receiver.calls;
  assert.equal(receiver.calls.length, 2);
  assert.equal(first!.headers['webhook-id'], second!.headers['webhook-id']);
  assert.deepEqual(await call.parts('a'), ['thanks']);
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'answer 1' });
  assert.equal(await call.jobCount(), 0);
});

test('jobs: a server that stops during a call waits a moment and leaves the job', async (context) => {
  const receiver = await openReceiver((response, before) => {
    if (before > 0) response.end('{}');
  });
  const call = await openCall(receiver.url, { timeoutMs: 30_000 });
  const { jobs, ends } = startJobs(context);
  await until('it was called', () => receiver.calls.length === 1);
  await jobs.stop(50);
  assert.deepEqual(ends, []);
  assert.equal(await call.jobCount(), 1);
  await letPass(database, 61_000);
  startJobs(context);
  await call.ended();
});
