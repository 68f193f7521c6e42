// Migrations: each is applied once, however many servers start, and none to a database with other migrations.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { sha256Hex } from '../../base/random.ts';
import { asStartupOptions, openPool, type Pool } from '../../database/pool.ts';
import { migrate, readMigrationState, readMigrations, SchemaMismatch } from './migrate.ts';

const labels = readMigrations().map(
  ({ number, name }) => `${String(number).padStart(4, '0')}_${name}`,
);

/** A database after the first actions of a start, before any migration. */
async function openEmpty(): Promise<TestDatabase> {
  const database = await openTestDatabase({ isEmpty: true });
  await database.sql('create schema parley');
  return database;
}

function poolOf({ target }: TestDatabase): Pool {
  const pool = openPool(target, 'admin', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  return pool;
}

const history = (database: TestDatabase) =>
  database.sql<{ number: number; applied_at: number }>(
    'select number, applied_at from parley.schema_migrations order by number',
  );

test('migrate: applies all to an empty database; a second run does nothing', async () => {
  const database = await openEmpty();
  const pool = poolOf(database);
  assert.deepEqual(await readMigrationState(pool), { appliedCount: 0, missing: labels });
  assert.deepEqual(await migrate(pool), labels);
  const first = await history(database);
  assert.deepEqual(await migrate(pool), []);
  assert.deepEqual(await history(database), first);
  assert.deepEqual(await readMigrationState(pool), { appliedCount: labels.length, missing: [] });
});

test('migrate: eight concurrent runs apply each migration once', async () => {
  const database = await openEmpty();
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(poolOf(database))));
  assert.deepEqual(applied.flat(), labels);
  assert.equal((await history(database)).length, labels.length);
});

test('migrate: applies only the last one if only that is missing', async () => {
  const database = await openEmpty();
  const [first] = readMigrations();
  await database.sql(`create table parley.schema_migrations (number integer primary key,
    name text not null, checksum text not null, applied_at timestamptz not null default now())`);
  await database.sql(first!.sql);
  await database.sql('insert into parley.schema_migrations values (1, $1, $2)', [
    first!.name,
    sha256Hex(first!.sql),
  ]);
  assert.deepEqual(await migrate(poolOf(database)), labels.slice(1));
});

test('migrate: fails on a database that is ahead of this program, and changes nothing', async () => {
  const database = await openTestDatabase();
  const next = labels.length + 1;
  await database.sql(
    `insert into schema_migrations (number, name, checksum) values ($1, 'later', 'x')`,
    [next],
  );
  const before = await history(database);
  const isAhead = (error: Error) =>
    error instanceof SchemaMismatch &&
    error.message.includes(`is at schema ${next}, this Parley knows only ${labels.length}`);
  await assert.rejects(migrate(poolOf(database)), isAhead);
  await assert.rejects(readMigrationState(poolOf(database)), isAhead);
  assert.deepEqual(await history(database), before);
});

test('migrate: names a migration that was applied with other contents', async () => {
  const database = await openTestDatabase();
  await database.sql(`update schema_migrations set checksum = 'other' where number = 2`);
  await assert.rejects(
    migrate(poolOf(database)),
    (error: Error) =>
      error instanceof SchemaMismatch &&
      error.message.includes(`migration 2 (${readMigrations()[1]!.name}) was applied with other`),
  );
});

test('migrate: waits for another process longer than a query may take', async () => {
  const database = await openTestDatabase();
  const blocker = new pg.Client(database.target);
  await blocker.connect();
  await blocker.query('begin; lock table parley.schema_migrations in access exclusive mode');
  const impatient = new pg.Pool({
    ...database.target,
    max: 1,
    query_timeout: 100,
    options: asStartupOptions({ 'parley.scope': 'admin', statement_timeout: '100' }),
  });
  afterAll(() => impatient.end());
  const waiting = migrate(impatient);
  const early = await Promise.race([waiting.then(() => 'done', String), pause(400, 'waits')]);
  await blocker.query('commit');
  await blocker.end();
  assert.equal(early, 'waits');
  assert.deepEqual(await waiting, []);
});
