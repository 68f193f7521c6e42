// The clock of a machine, shared with its database, is set wrong and right again under a running server: no wait ends
// late or early, and times that were stored meanwhile are corrected.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { openWrongClock } from '../../test/support/wrong-clock.ts';
import { systemClock } from '../base/clock.ts';
import { DatabaseClock } from '../engine/database-clock.ts';
import { Engine } from '../engine/engine.ts';
import { WorkspaceSetups } from '../engine/workspace-setups.ts';
import { repairDueTimes } from '../store/clock/clock-repair.ts';
import { ClockCorrections } from './clock-corrections.ts';
import { keepLog, openJobsPool, openScene, rest, say } from './test-workspace.fixture.ts';
import { Timers } from './timers.ts';

const database = await openTestDatabase();
const wrongClock = await openWrongClock(database);
const day = 86_400_000;
const own = { aheadMs: 0 };

async function set(aheadMs: number) {
  own.aheadMs = aheadMs;
  await wrongClock.set(aheadMs);
}

/** Opens a server wired as in main.ts. */
async function startServer(
  context: { after: (end: () => unknown) => void },
  jumpConfirmMs = 60_000,
) {
  const pool = wrongClock.through(openJobsPool(database));
  const { log, lines } = keepLog();
  const clock = new DatabaseClock({
    pool,
    clock: () => systemClock() + own.aheadMs,
    log,
    jumpConfirmMs,
    onSetBack: ({ byMs, sinceMs }) => void repairDueTimes(pool, byMs, sinceMs),
  });
  await clock.compare();
  const engine = new Engine({
    pool,
    clock: clock.now,
    log,
    metrics: { observeGroup() {}, countFailure() {} },
    setups: new WorkspaceSetups(pool, systemClock),
    groupSignalsMax: 128,
    groupsInFlightMax: 2,
    onCommitted: ({ wakeAt, waits }) => {
      timers.noteWake(wakeAt);
      corrections.note(waits);
    },
  });
  const metrics = { countTimer() {}, observeTimerLag() {} };
  const shared = { pool, clock: clock.now, log, engine, metrics };
  const timers = new Timers(shared);
  const corrections = new ClockCorrections(shared);
  clock.follow(50, (byMs) => corrections.onMoved(byMs));
  timers.start();
  corrections.start();
  const stop = async () => {
    clock.stop();
    await Promise.all([timers.stop(), corrections.stop()]);
    await engine.drain();
  };
  context.after(async () => {
    await stop();
    await set(0);
  });
  return { engine, clock, stop, said: (what: string) => lines.join('').includes(what) };
}

type Server = Awaited<ReturnType<typeof startServer>>;

const openWait = ({ engine }: Server, forMs: number) =>
  openScene(database, engine, [{ id: 'wait', do: 'wait', forMs, next: 'later' }, say('later')]);

for (const aheadMs of [day, -day]) {
  test(`clock corrections: a short jump of ${aheadMs} ms changes no wait`, async (context) => {
    const server = await startServer(context);
    const short = await openWait(server, 1_000);
    const long = await openWait(server, 20_000);
    await short.begin('before');
    await set(aheadMs);
    await short.begin('during');
    await long.begin('during');
    await rest(300);
    await set(0);
    await short.begin('after');
    const beganMs = systemClock();
    for (const name of ['before', 'during', 'after']) {
      await until('it goes on', async () => (await short.parts(name)).includes('later'));
    }
    assert.ok(systemClock() - beganMs < 4_000);
    assert.deepEqual(await long.parts('during'), []);
    const { wakeAt } = await long.conversation('during');
    assert.ok(Math.abs(wakeAt! - systemClock() - 20_000) < 8_000);
  });

  test(`clock corrections: waits set by a clock ${aheadMs} ms ahead are moved`, async (context) => {
    await set(aheadMs);
    const server = await startServer(context, 300);
    const soon = await openWait(server, 3_000);
    const long = await openWait(server, 60_000);
    const snooze = { id: 'snooze', do: 'snooze', forMs: 60_000, next: null } as const;
    const snoozed = await openScene(database, server.engine, [snooze]);
    for (const scene of [soon, long, snoozed]) await scene.begin('a');
    await set(0);
    await until('it is noticed', () => server.said('clock.waits_set_right'));
    await until('it goes on', async () => (await soon.parts('a')).includes('later'));
    for (const scene of [long, snoozed]) {
      const { wakeAt } = await scene.conversation('a');
      assert.ok(Math.abs(wakeAt! - systemClock() - 60_000) < 15_000, String(wakeAt));
    }
    assert.deepEqual(await long.parts('a'), []);
    assert.equal((await snoozed.conversation('a')).state, 'snoozed');
    assert.match(await soon.trace('a'), /The clock was wrong when this wait began/);
  });
}

test('clock corrections: the next server to start moves the waits of a dead one', async (context) => {
  await set(day);
  const wrong = await startServer(context);
  const scene = await openWait(wrong, 1_500);
  await scene.begin('a');
  await wrong.stop();
  await set(0);
  await startServer(context);
  await until('it goes on', async () => (await scene.parts('a')).includes('later'));
});

test('clock corrections: retries of lanes and jobs are moved too', async (context) => {
  const server = await startServer(context);
  const { workspaceId, channelId } = await openWait(server, 1_000);
  const keys = [workspaceId, channelId];
  await set(day);
  await rest(200);
  const later = `now() + interval '1 day' + interval '2 seconds'`;
  await database.sql(
    `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
     select $1, n, $2, 1, 1, case n when 1 then ${later} else now() + interval '1 minute' end
     from generate_series(1, 2) as n`,
    keys,
  );
  await database.sql(
    `insert into jobs (workspace_id, id, conversation_id, channel_id, kind, content, created_at, due_at)
     values ($1, 1, 1, $2, 'call_webhook', '{}', now(), ${later})`,
    keys,
  );
  await set(0);
  const seconds = async (table: string) => {
    const rows = await database.sql<{ seconds: number }>(
      `select extract(epoch from due_at - now())::integer as seconds from ${table}
       where workspace_id = $1 order by due_at`,
      [workspaceId],
    );
    return rows.map((row) => row.seconds);
  };
  await until('lanes are set right', async () => (await seconds('delivery_lanes'))[1]! <= 61);
  await until('jobs are set right', async () => (await seconds('jobs'))[0]! <= 61);
  const [first, second] = await seconds('delivery_lanes');
  assert.ok(first! <= 3, String(first));
  assert.ok(second! > 50, 'what was right stays');
  await database.sql('delete from jobs where workspace_id = $1', [workspaceId]);
  await database.sql('delete from delivery_lanes where workspace_id = $1', [workspaceId]);
});

test('clock corrections: a wait that changed meanwhile stays as it is', async (context) => {
  const server = await startServer(context);
  const scene = await openWait(server, 60_000);
  const conversationId = await scene.begin('a');
  const before = await scene.conversation('a');
  const result = await scene.submit('a', {
    kind: 'clock_corrected',
    conversationId,
    wait: { sinceMs: 1, byMs: day },
    snooze: { untilMs: 1, byMs: day },
  });
  assert.ok(result.ok);
  assert.deepEqual(await scene.conversation('a'), before);
});
