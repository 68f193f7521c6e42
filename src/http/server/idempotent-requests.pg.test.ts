// Repeats, leases and responses of requests with an idempotency key, on a real database. Two objects represent two
// servers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { fail, ok } from '../../base/result.ts';
import { apiError, type ErrorName } from '../../contract/errors.ts';
import { openPool } from '../../database/pool.ts';
import { IdempotentRequests } from './idempotent-requests.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'command', { max: 2, onError: () => {} });
afterAll(() => pool.end());
const [workspace] = await database.sql<{ id: number }>(
  "insert into workspaces (name) values ('keyed') returning id",
);
const log = pino({ level: 'silent' });
const waitMaxMs = 400;
const [one, other] = [1, 2].map(() => new IdempotentRequests(pool, log, waitMaxMs)) as [
  IdempotentRequests,
  IdempotentRequests,
];

const keyed = (key: string, requestHash = 'aa') => ({
  workspaceId: workspace!.id,
  principal: 'channel 1 admin 1',
  key,
  requestHash,
});
const respond = async () => ok('{"done":true}');
const stored = { status: 200, body: '{"done":true}' };

/** A route that waits for a call of `finish`. */
function heldRoute() {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  let calls = 0;
  return {
    calls: () => calls,
    started: started.promise,
    finish: gate.resolve,
    async run() {
      calls += 1;
      started.resolve();
      await gate.promise;
      return respond();
    },
  };
}

test('repeat: a concurrent one on another server waits for the response', async () => {
  const route = heldRoute();
  const first = one.process(keyed('held'), 'r1', route.run);
  await route.started;
  const second = other.process(keyed('held'), 'r2', route.run);
  await pause(100);
  route.finish();
  assert.deepEqual(await first, ok({ response: stored, isReplay: false }));
  assert.deepEqual(await second, ok({ response: stored, isReplay: true }));
  assert.equal(route.calls(), 1);
});

test('repeat: a concurrent one waits for a limited time, on any server', async () => {
  const route = heldRoute();
  const first = one.process(keyed('slow'), 'r1', route.run);
  await route.started;
  const startedAt = performance.now();
  const late = await Promise.all([one, other].map((it) => it.process(keyed('slow'), 'r', respond)));
  assert.deepEqual(late, [ok(null), ok(null)]);
  assert.ok(performance.now() - startedAt >= waitMaxMs);
  route.finish();
  assert.ok((await first).ok);
});

test('lease: a repeat takes the request over when it has ended', async () => {
  const route = heldRoute();
  const first = one.process(keyed('stuck'), 'r1', route.run);
  await route.started;
  await database.sql(
    "update idempotency_keys set leased_until = now() + interval '150 ms' where key = 'stuck'",
  );
  const second = await other.process(keyed('stuck'), 'r2', async () => ok('{"second":true}'));
  assert.deepEqual(
    second,
    ok({ response: { status: 200, body: '{"second":true}' }, isReplay: false }),
  );
  route.finish();
  const { value } = (await first) as { value: unknown };
  assert.deepEqual(value, { response: { status: 200, body: '{"second":true}' }, isReplay: true });
});

test('lease: one that ends impossibly late, by a wrong clock, does not count', async () => {
  await one.process(keyed('ahead'), 'r1', async () => fail(apiError('serverError')));
  await database.sql(
    "update idempotency_keys set leased_until = now() + interval '1 day' where key = 'ahead'",
  );
  assert.deepEqual(
    await other.process(keyed('ahead'), 'r2', respond),
    ok({ response: stored, isReplay: false }),
  );
});

const undecided: readonly ErrorName[] = [
  'accessTokenInvalid',
  'requestTimeout',
  'rateLimitExceeded',
  'serverError',
  'serviceUnavailable',
];
for (const name of undecided) {
  test(`response: ${name} is not kept, and a repeat is processed at once`, async () => {
    const request = keyed(name);
    assert.deepEqual(
      await one.process(request, 'r1', async () => fail(apiError(name))),
      fail(apiError(name)),
    );
    assert.deepEqual(
      await other.process(request, 'r2', respond),
      ok({ response: stored, isReplay: false }),
    );
  });
}

test('response: an exception of a route is thrown; a repeat is processed at once', async () => {
  const broken = async () => {
    throw new Error('broken');
  };
  await assert.rejects(one.process(keyed('thrown'), 'r1', broken), /broken/);
  assert.deepEqual(
    await other.process(keyed('thrown'), 'r2', respond),
    ok({ response: stored, isReplay: false }),
  );
});

test('response: an error of the request is kept with its request_id', async () => {
  await one.process(keyed('missing'), 'r1', async () => fail(apiError('tagNotFound')));
  const again = await other.process(keyed('missing'), 'r2', respond);
  assert.ok(again.ok && again.value?.isReplay);
  assert.equal(again.value.response.status, 404);
  assert.equal(JSON.parse(again.value.response.body).request_id, 'r1');
});

test('response: an empty body is kept as one', async () => {
  await one.process(keyed('empty'), 'r1', async () => ok(''));
  const again = await other.process(keyed('empty'), 'r2', respond);
  assert.deepEqual(again, ok({ response: { status: 200, body: '' }, isReplay: true }));
});

test('response: is returned even when it cannot be stored; a repeat runs again', async () => {
  let calls = 0;
  const run = async () => {
    calls += 1;
    if (calls === 1) {
      await database.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'parley command'`,
      );
    }
    return respond();
  };
  assert.deepEqual(
    await one.process(keyed('lost'), 'r1', run),
    ok({ response: stored, isReplay: false }),
  );
  await database.sql("update idempotency_keys set leased_until = null where key = 'lost'");
  const again = await other.process(keyed('lost'), 'r2', run);
  assert.ok(again.ok);
});

test('key: another request with it is rejected, even while the first is in progress', async () => {
  const route = heldRoute();
  const first = one.process(keyed('taken', 'aa'), 'r1', route.run);
  await route.started;
  const another = one.process(keyed('taken', 'bb'), 'r2', respond);
  const elsewhere = await other.process(keyed('taken', 'bb'), 'r3', respond);
  route.finish();
  const reused = fail(apiError('idempotencyKeyReused', 'Idempotency-Key'));
  assert.deepEqual([elsewhere, await another], [reused, reused]);
  assert.ok((await first).ok);
});
