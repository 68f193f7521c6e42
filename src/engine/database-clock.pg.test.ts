// The shared clock, with the real PostgreSQL and clocks that are wrong or set: its precision, and what moves it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { steadyClock, systemClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { DatabaseClock, type SetBack } from './database-clock.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'admin', { max: 2, onError: () => {} });
afterAll(() => pool.end());
const minute = 60_000;
const day = 86_400_000;

/** A database whose clock can be set. */
function openSettableDatabase() {
  const set = { aheadMs: 0 };
  const through = {
    async connect() {
      const connection = await pool.connect();
      return {
        async query(statement: { text: string }) {
          const text = statement.text.replace(
            'clock_timestamp()',
            `clock_timestamp() + ${set.aheadMs} * interval '1 millisecond'`,
          );
          return connection.query(text);
        },
        release: () => connection.release(),
      };
    },
  } as unknown as Pool;
  return { set, through };
}

/** Opens the clock of a server whose own clock is ahead and can be changed, and whose steady clock can be advanced. */
function openClock(aheadMs: number, through: Pool = pool) {
  const lines: { msg: string; aheadMs: number }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const own = { aheadMs };
  const setBacks: SetBack[] = [];
  const wound = { byMs: 0, sleptMs: 0 };
  const clock = new DatabaseClock({
    pool: through,
    log,
    clock: () => systemClock() + own.aheadMs,
    steady: () => steadyClock() + wound.byMs,
    uptime: () => steadyClock() + wound.byMs + wound.sleptMs,
    onSetBack: (setBack) => setBacks.push(setBack),
  });
  return { clock, own, lines, wound, setBacks, said: () => lines.map(({ msg }) => msg) };
}

/** Compares with the system's time, which is right: the test runs on one machine with its database. */
function assertRight(clock: DatabaseClock, aheadMs = 0): void {
  const offMs = Math.abs(clock.now() - systemClock() - aheadMs);
  assert.ok(offMs < 5_000, `${offMs} ms off`);
}

for (const aheadMs of [5 * minute, -5 * minute]) {
  test(`database clock: follows the database when its server is ${aheadMs} ms ahead`, async () => {
    const { clock, lines, said } = openClock(aheadMs);
    for (let count = 0; count < 5; count += 1) await clock.compare();
    assertRight(clock);
    assert.deepEqual(said(), ['clock.differs']);
    assert.ok(Math.abs(lines[0]!.aheadMs - aheadMs) < 5_000);
  });
}

test('database clock: runs on when the clock of its server is set, and logs it', async () => {
  const { clock, own, said, setBacks } = openClock(0);
  await clock.compare();
  for (const aheadMs of [day, -day, 10 * minute, 0]) {
    own.aheadMs = aheadMs;
    // Also before the next comparison: it does not depend on the server's clock.
    assertRight(clock);
    await clock.compare();
    assertRight(clock);
  }
  assert.deepEqual(said(), ['clock.differs', 'clock.differs', 'clock.differs', 'clock.agrees']);
  assert.deepEqual(setBacks, []);
});

test('database clock: runs on through a jump of the database and repairs its dates', async () => {
  const { set, through } = openSettableDatabase();
  const { clock, said, setBacks } = openClock(0, through);
  await clock.compare();
  set.aheadMs = day;
  await clock.compare();
  await clock.compare();
  assertRight(clock);
  assert.equal(setBacks.length, 0);
  set.aheadMs = 0;
  await clock.compare();
  assertRight(clock);
  assert.deepEqual(said(), ['clock.database_jumped', 'clock.database_is_back']);
  const [setBack, ...more] = setBacks;
  assert.equal(more.length, 0);
  assert.ok(Math.abs(setBack!.byMs - day) < 5_000);
  assert.ok(setBack!.sinceMs < 60_000);
});

test('database clock: repairs nothing after a jump back, since no wait is late', async () => {
  const { set, through } = openSettableDatabase();
  const { clock, setBacks } = openClock(0, through);
  await clock.compare();
  set.aheadMs = -day;
  await clock.compare();
  assertRight(clock);
  set.aheadMs = 0;
  await clock.compare();
  assert.deepEqual(setBacks, []);
});

test('database clock: accepts a jump that lasts, and repairs when it is undone', async () => {
  const { set, through } = openSettableDatabase();
  const { clock, wound, setBacks } = openClock(0, through);
  const stay = async (aheadMs: number) => {
    set.aheadMs = aheadMs;
    await clock.compare();
    assert.ok(Math.abs(clock.now() - systemClock() - aheadMs) > minute / 2, 'not at once');
    wound.byMs += limits.clockJumpConfirmMs;
    // The database's clock has to advance as much as the steady clock was advanced.
    set.aheadMs += limits.clockJumpConfirmMs;
    await clock.compare();
    assertRight(clock, set.aheadMs);
  };
  await clock.compare();
  await stay(day);
  assert.equal(setBacks.length, 0);
  const before = set.aheadMs;
  await stay(0);
  assert.deepEqual(
    setBacks.map(({ byMs }) => Math.abs(byMs - before) < 5_000),
    [true],
  );
});

test('database clock: follows the database at once when its machine has slept', async () => {
  const { set, through } = openSettableDatabase();
  const { clock, wound, said } = openClock(0, through);
  await clock.compare();
  // The steady clock stood still, so the database seems to be ahead.
  set.aheadMs = day;
  wound.sleptMs = day;
  await clock.compare();
  assertRight(clock, day);
  assert.ok(!said().includes('clock.database_jumped'));
});

test('database clock: moves nothing when responses take long', async () => {
  const slow = {
    async connect() {
      const connection = await pool.connect();
      const wait = () => new Promise((resolve) => setTimeout(resolve, 60));
      return {
        async query(statement: never) {
          await wait();
          const result = await connection.query(statement);
          await wait();
          return result;
        },
        release: () => connection.release(),
      };
    },
  } as unknown as Pool;
  const { clock } = openClock(0, slow);
  for (let count = 0; count < 3; count += 1) {
    await clock.compare();
    assert.ok(Math.abs(clock.now() - systemClock()) < 100);
  }
});

test('database clock: goes on with what it knows while the database is unavailable', async () => {
  const gone = openPool({ host: '127.0.0.1', port: 1 }, 'admin', { max: 1, onError: () => {} });
  afterAll(() => gone.end());
  const { clock, said } = openClock(0, gone);
  await assert.rejects(clock.compare());
  clock.follow(5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  clock.stop();
  assertRight(clock);
  assert.deepEqual(said(), []);
});
