// The shared time, with the real PostgreSQL and clocks that are wrong: how near it comes, and what moves it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { atEnd } from '../../test/support/at-end.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { systemClock } from '../base/clock.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { DatabaseClock } from './database-clock.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'admin', { max: 2, onError: () => {} });
atEnd(() => pool.end());
const minute = 60_000;

/** The clock of a server whose own is ahead by so much, as that can change. */
function openClock(aheadMs: number, through: Pool = pool) {
  const lines: { msg: string; aheadMs: number }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const own = { aheadMs };
  const clock = new DatabaseClock({ pool: through, log, clock: () => systemClock() + own.aheadMs });
  return { clock, own, lines, said: () => lines.map(({ msg }) => msg) };
}

/** The test runs on one machine with its database: the right time is the system's. */
function assertRight(clock: DatabaseClock): void {
  const offMs = Math.abs(clock.now() - systemClock());
  assert.ok(offMs < 5_000, `${offMs} ms off`);
}

for (const aheadMs of [5 * minute, -5 * minute]) {
  test(`database clock: a server that is ${aheadMs} ms ahead, it goes by the database and says so once`, async () => {
    const { clock, lines, said } = openClock(aheadMs);
    for (let count = 0; count < 5; count += 1) await clock.compare();
    assertRight(clock);
    assert.deepEqual(said(), ['clock.differs']);
    assert.ok(Math.abs(lines[0]!.aheadMs - aheadMs) < 5_000);
  });
}

test('database clock: one that is set while the server runs, it follows, and says when they agree again', async () => {
  const { clock, own, said } = openClock(0);
  clock.follow(20);
  const isNear = async (aheadMs: number) => {
    own.aheadMs = aheadMs;
    for (const endMs = systemClock() + 15_000; systemClock() < endMs; ) {
      if (Math.abs(clock.now() - systemClock()) < 5_000) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertRight(clock);
  };
  await isNear(10 * minute);
  await isNear(-10 * minute);
  await isNear(0);
  clock.stop();
  assert.deepEqual(said(), ['clock.differs', 'clock.differs', 'clock.agrees']);
});

test('database clock: the same clock and answers that take long, nothing ever moves', async () => {
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
    const before = systemClock();
    const now = clock.now();
    assert.ok(before <= now && now <= systemClock());
  }
});

test('database clock: no database, it goes on with what it knows', async () => {
  const gone = openPool({ host: '127.0.0.1', port: 1 }, 'admin', { max: 1, onError: () => {} });
  atEnd(() => gone.end());
  const { clock, said } = openClock(0, gone);
  await assert.rejects(clock.compare());
  clock.follow(5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  clock.stop();
  assertRight(clock);
  assert.deepEqual(said(), []);
});
