// Timers with a real engine and database: each fires once and in order, whatever else happens at that moment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { systemClock as clock } from '../base/clock.ts';
import { fail } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import type { Step } from '../core/workflow/definition.ts';
import type { Engine } from '../engine/engine.ts';
import { dueTimersSql } from '../store/workflows/timers.ts';
import { openDatabaseWay } from './database-way.fixture.ts';
import {
  keepLog,
  letPass,
  openEngine,
  openJobsPool,
  openScene,
  rest,
  say,
} from './test-workspace.fixture.ts';
import { Timers, type TimersDependencies } from './timers.ts';

const database = await openTestDatabase();
const { engine, errors } = openEngine(database);
const minute = 60_000;

/** Starts the timers of a server until the end of a test. */
function startTimers(
  context: { after: (end: () => unknown) => void },
  fields: Partial<TimersDependencies> = {},
) {
  const { lines, log } = keepLog();
  const counts = { fired: 0, refused: 0, postponed: 0 };
  const lags: number[] = [];
  const timers = new Timers({
    pool: openJobsPool(database),
    clock,
    log,
    engine,
    metrics: {
      countTimer: (outcome) => {
        counts[outcome] += 1;
      },
      observeTimerLag: (seconds) => lags.push(seconds),
    },
    ...fields,
  });
  timers.start();
  context.after(() => timers.stop());
  return { timers, counts, lags, lines };
}

const waitStep = (forMs: number): Step => ({ id: 'wait', do: 'wait', forMs, next: 'later' });

test('timers: fire once and oldest first if due before the start', async (context) => {
  const scene = await openScene(database, engine, [waitStep(minute), say('later')]);
  for (const name of ['a', 'b', 'c']) {
    await scene.begin(name);
    await rest(3);
  }
  await letPass(database, 2 * minute);
  const { counts, lags } = startTimers(context);
  await until('all have fired', async () => (await scene.parts('c')).length === 1);
  await rest(100);
  assert.equal(counts.fired, 3);
  assert.ok(lags.every((lag) => lag >= 60));
  const order = await database.sql<{ name: string }>(
    `select v.external_id as name from conversation_signals s
     join conversations v on v.workspace_id = s.workspace_id and v.id = s.conversation_id
     where s.workspace_id = $1 and s.kind = 'timer' order by s.signal_number`,
    [scene.workspaceId],
  );
  assert.deepEqual(
    order.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  for (const name of ['a', 'b', 'c']) {
    assert.deepEqual(await scene.parts(name), ['later']);
    assert.equal((await scene.conversation(name)).wakeAt, null);
  }
});

test('timers: one that is set during a sleep fires when it is due', async (context) => {
  const scene = await openScene(database, engine, [waitStep(400), say('later')]);
  const { timers } = startTimers(context);
  await rest(50);
  const beganMs = clock();
  await scene.begin('a');
  timers.noteWake((await scene.conversation('a')).wakeAt);
  await until('it has fired', async () => (await scene.parts('a')).length === 1);
  assert.ok(clock() - beganMs >= 400);
});

test('timers: an unanswered question takes the branch of its time limit', async (context) => {
  const ask: Step = {
    id: 'ask',
    do: 'ask_quick_reply',
    body: 'ask',
    options: [{ id: 'yes', text: 'Yes', next: 'thanks' }],
    timeout: { afterMs: minute, next: 'too late' },
  };
  const scene = await openScene(database, engine, [ask, say('thanks'), say('too late')]);
  await scene.begin('a');
  await letPass(database, 2 * minute);
  startTimers(context);
  await until('the time limit acts', async () => (await scene.parts('a')).length === 2);
  assert.deepEqual(await scene.parts('a'), ['ask', 'too late']);
  assert.match(await scene.trace('a'), /Nothing came in time/);
});

test('timers: the end of a snooze opens the conversation once', async (context) => {
  const scene = await openScene(database, engine, [
    { id: 'snooze', do: 'snooze', forMs: minute, next: null },
  ]);
  await scene.begin('a');
  assert.equal((await scene.conversation('a')).state, 'snoozed');
  await letPass(database, 2 * minute);
  startTimers(context);
  startTimers(context);
  await until('it opens', async () => (await scene.conversation('a')).state === 'open');
  await rest(100);
  assert.deepEqual(await scene.parts('a'), ['snoozed', 'timer_unsnooze']);
});

test('timers: two servers fire every timer once', async (context) => {
  const scene = await openScene(database, engine, [waitStep(minute), say('later')]);
  const names = Array.from({ length: 600 }, (_, index) => `c${index}`);
  await Promise.all(names.map(scene.begin));
  await letPass(database, 2 * minute);
  const other = openEngine(database);
  const servers = [startTimers(context), startTimers(context, { engine: other.engine })];
  const count = async (condition: string) => {
    const text = `select count(*) as count from conversations v where workspace_id = $1 and ${condition}`;
    return (await database.sql<{ count: number }>(text, [scene.workspaceId]))[0]!.count;
  };
  await until('nothing waits', async () => (await count('wake_at is not null')) === 0);
  await Promise.all([engine.drain(), other.engine.drain()]);
  assert.equal(await count('part_count = 1'), 600);
  assert.ok(servers.every(({ counts }) => counts.fired > 0 && counts.refused === 0));
  assert.deepEqual([...errors(), ...other.errors()], []);
});

test('timers: a timer that is submitted again has no effect', async () => {
  const scene = await openScene(database, engine, [waitStep(minute), say('later')]);
  const conversationId = await scene.begin('a');
  await letPass(database, 2 * minute);
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(
      [1, 2].map(() => scene.submit('a', { kind: 'timer', conversationId })),
    );
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, true],
    );
  }
  assert.deepEqual(await scene.parts('a'), ['later']);
  assert.deepEqual(errors(), []);
});

test('timers: an answer at the time limit takes one of the two branches', async (context) => {
  const listen: Step = {
    id: 'listen',
    do: 'wait_for_message',
    timeout: { afterMs: minute, next: 'too late' },
    next: 'thanks',
  };
  const scene = await openScene(database, engine, [listen, say('thanks'), say('too late')]);
  const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
  await Promise.all(names.map(scene.begin));
  await letPass(database, minute + 1_000);
  const other = openEngine(database);
  startTimers(context, { engine: other.engine });
  await Promise.all(
    names.map(async (name, index) => {
      await rest(index);
      await scene.say(name, 'hello');
    }),
  );
  for (const name of names) {
    await until('nothing waits', async () => (await scene.conversation(name)).wakeAt === null);
    const said = (await scene.parts(name)).filter((part) => part !== 'hello');
    assert.equal(said.length, 1, said.join());
  }
});

test('timers: one that an answer has cancelled does not fire', async (context) => {
  const listen: Step = {
    id: 'listen',
    do: 'wait_for_message',
    timeout: { afterMs: minute, next: 'too late' },
    next: 'thanks',
  };
  const scene = await openScene(database, engine, [listen, say('thanks'), say('too late')]);
  await scene.begin('a');
  await scene.say('a', 'hello');
  await letPass(database, 2 * minute);
  const { counts } = startTimers(context);
  await rest(150);
  assert.equal(counts.fired, 0);
  assert.deepEqual(await scene.parts('a'), ['hello', 'thanks']);
});

test('timers: a rejected one is retried with growing pauses and delays no other', async (context) => {
  const scene = await openScene(database, engine, [waitStep(minute), say('later')]);
  await scene.begin('good');
  // The channel no longer exists: every signal of this conversation is rejected.
  await scene.begin('bad');
  await database.sql(
    `update conversations set channel_id = 999999, wake_at = wake_at - interval '30 seconds'
     where workspace_id = $1 and external_id = 'bad'`,
    [scene.workspaceId],
  );
  await letPass(database, 2 * minute);
  const { counts, lines } = startTimers(context);
  await until('the good one fires', async () => (await scene.parts('good')).length === 1);
  assert.equal(counts.refused, 1);
  await rest(400);
  assert.equal(counts.refused, 1);
  await until('it is sent again', () => counts.refused === 2);
  assert.ok(lines.some((line) => line.includes('timer.refused') && line.includes('404')));
  assert.ok(lines.some((line) => line.includes('timer.stuck')));
  await database.sql('update conversations set wake_at = null where workspace_id = $1', [
    scene.workspaceId,
  ]);
});

test('timers: wait while the engine is full', async (context) => {
  const scene = await openScene(database, engine, [waitStep(minute), say('later')]);
  await Promise.all(['a', 'b'].map(scene.begin));
  await letPass(database, 2 * minute);
  let isShut = true;
  let sent = 0;
  const fullEngine: Pick<Engine, 'submit'> = {
    submit(submission) {
      sent += 1;
      return isShut
        ? Promise.resolve(fail(apiError('serviceUnavailable')))
        : engine.submit(submission);
    },
  };
  const { counts } = startTimers(context, { engine: fullEngine });
  await rest(500);
  assert.ok(sent >= 2 && sent <= 10, `${sent} signals`);
  assert.equal(counts.fired, 0);
  isShut = false;
  await until('both fire', () => counts.fired === 2);
  assert.deepEqual(await scene.parts('a'), ['later']);
});

test('timers: go on after a database outage', async (context) => {
  const scene = await openScene(database, engine, [waitStep(minute), say('later')]);
  await scene.begin('a');
  const { port, cut, mend } = await openDatabaseWay(database);
  const pool = openJobsPool(database, { host: '127.0.0.1', port });
  cut();
  await letPass(database, 2 * minute);
  const { counts, lines } = startTimers(context, { pool });
  await rest(600);
  assert.equal(counts.fired, 0);
  assert.ok(lines.length >= 1 && lines.length <= 5, `${lines.length} lines`);
  mend();
  await until('it fires', () => counts.fired === 1);
});

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
};

const scansOf = (node: PlanNode): readonly PlanNode[] =>
  'Index Name' in node ? [node] : (node.Plans ?? []).flatMap(scansOf);

test('timers: a lookup among 100,000 reads only a few pages of their index', async () => {
  await database.sql(
    `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state,
       created_at, updated_at, created_by_signal, wake_at)
     select 1000 + n % 7, n, 1, n, n, 'open', now(), now(), n,
       from_ms($1::bigint + (n - 9) * 60000::bigint) from generate_series(1, 100000) as n`,
    [clock()],
  );
  const connection = await openJobsPool(database).connect();
  await connection.query(`prepare due as ${dueTimersSql}`);
  const { rows } = await connection.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `explain (analyze, buffers, format json) execute due (${clock()}, 256)`,
  );
  connection.release();
  const plan = rows[0]!['QUERY PLAN'][0]!.Plan;
  assert.deepEqual(
    scansOf(plan).map((node) => [node['Index Name'], node['Actual Rows']]),
    [
      ['conversations_wake', 9],
      ['conversations_wake', 1],
    ],
  );
  const pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  assert.ok(pages < 40, `${pages} pages`);
});
