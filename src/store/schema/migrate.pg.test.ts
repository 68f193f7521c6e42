// Migrations: once each, however many servers start, and never on a database that another Parley made differently.

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

/** A database in which nothing was done but what a start does first. */
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

test('migrate: an empty database, all are applied; a second run does nothing', async () => {
  const database = await openEmpty();
  const pool = poolOf(database);
  assert.deepEqual(await readMigrationState(pool), { appliedCount: 0, missing: labels });
  assert.deepEqual(await migrate(pool), labels);
  const first = await history(database);
  assert.deepEqual(await migrate(pool), []);
  assert.deepEqual(await history(database), first);
  assert.deepEqual(await readMigrationState(pool), { appliedCount: labels.length, missing: [] });
});

test('migrate: eight at once on an empty database, each migration is applied once', async () => {
  const database = await openEmpty();
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(poolOf(database))));
  assert.deepEqual(applied.flat(), labels);
  assert.equal((await history(database)).length, labels.length);
});

test('migrate: the last one is missing, only it is applied', async () => {
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

test('migrate: the database is ahead of this program, refused and left alone', async () => {
  const database = await openTestDatabase();
  const next = labels.length + 1;
  await database.sql(
    `insert into schema_migrations (number, name, checksum) values ($1, 'later', 'x')`,
    [next],
  );
  const before = await history(database);
  const isRefusal = (error: Error) =>
    error instanceof SchemaMismatch &&
    error.message.includes(`is at schema ${next}, this Parley knows only ${labels.length}`);
  await assert.rejects(migrate(poolOf(database)), isRefusal);
  await assert.rejects(readMigrationState(poolOf(database)), isRefusal);
  assert.deepEqual(await history(database), before);
});

test('migrate: a migration was applied with other contents, refused by its name', async () => {
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
