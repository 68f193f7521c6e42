// Migrates a database to the current schema: numbered SQL files, forward only, each in its own transaction, by one
// server at a time.

import { readdirSync, readFileSync } from 'node:fs';
import { sha256Hex } from '../../base/random.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { assertNoUnfinishedRestore } from '../backup/unfinished-restore.ts';

export type Migration = {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

/** A migration that is recorded in the database. */
export type AppliedMigration = { readonly number: number; readonly checksum: string };

/** An arbitrary number that differs from other advisory locks in the same database. */
const MIGRATION_LOCK = 7_065_114;

/** The time limit of a query: a migration, or the wait for another migrator, may exceed the pool's. */
const LONGEST_TIMER_MS = 2_147_483_647;
const patiently = (text: string) => ({ text, query_timeout: LONGEST_TIMER_MS });

const labelOf = ({ number, name }: Migration): string =>
  `${String(number).padStart(4, '0')}_${name}`;

/** Reads the migrations: files NNNN_what_it_does.sql, numbered without gaps. */
export function readMigrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file, index) => {
      const [, number, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
      if (Number(number) !== index + 1)
        throw new Error(`migrations/${file}: expected number ${index + 1}`);
      const sql = readFileSync(new URL(file, folder), 'utf8');
      return { number: index + 1, name: name!, sql, checksum: sha256Hex(sql) };
    });
}

/** Lists the names of all migrations, in order. */
export const migrationNames = (): string[] => readMigrations().map(labelOf);

export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/**
 * Applies the missing migrations.
 * @param pool a pool for the purpose `admin`.
 * @returns the names of the migrations that were applied now.
 * @throws SchemaMismatch if the database is ahead of this program, or was migrated by changed files;
 *   RestoreUnfinished.
 */
export const migrate = (pool: Pool): Promise<string[]> =>
  withMigrationLock(pool, async (connection) => {
    await assertNoUnfinishedRestore(connection);
    return applyMigrations(connection);
  });

/** Runs work that changes the schema: one process at a time, on one connection, without time limits. */
export async function withMigrationLock<Value>(
  pool: Pool,
  work: (connection: Connection) => Promise<Value>,
): Promise<Value> {
  const connection = await pool.connect();
  try {
    await connection.query(
      patiently(`set statement_timeout = 0; select pg_advisory_lock(${MIGRATION_LOCK})`),
    );
    try {
      return await work(connection);
    } finally {
      await connection.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`);
    }
  } finally {
    // Its session settings differ from the pool's: do not reuse it.
    connection.release(true);
  }
}

export type MigrationState = {
  /** The number of applied migrations; 0 for a database that was never used. */
  readonly appliedCount: number;
  readonly missing: readonly string[];
};

/**
 * Reads what migrate() would do. Changes nothing.
 * @param pool a pool for the purpose `admin`.
 * @throws SchemaMismatch and RestoreUnfinished, as migrate() does.
 */
export async function readMigrationState(pool: Pool): Promise<MigrationState> {
  const connection = await pool.connect();
  try {
    await assertNoUnfinishedRestore(connection);
    const { rows } = await connection.query<{ isThere: boolean }>(
      `select to_regclass('parley.schema_migrations') is not null as "isThere"`,
    );
    const missing = rows[0]?.isThere ? await findMissing(connection) : readMigrations();
    const appliedCount = readMigrations().length - missing.length;
    return { appliedCount, missing: missing.map(labelOf) };
  } finally {
    connection.release();
  }
}

/**
 * Applies the missing migrations, on a connection that has the lock.
 * @param upTo the number of the last one; by default all.
 */
export async function applyMigrations(
  connection: Connection,
  upTo = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  await connection.query(`create table if not exists parley.schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now())`);
  const missing = (await findMissing(connection)).filter(({ number }) => number <= upTo);
  for (const migration of missing) await apply(connection, migration);
  return missing.map(labelOf);
}

/** Reads the migrations that the database has, in order; none if it was never used. */
export async function readAppliedMigrations(connection: Connection): Promise<AppliedMigration[]> {
  const { rows: found } = await connection.query<{ isThere: boolean }>(
    `select to_regclass('parley.schema_migrations') is not null as "isThere"`,
  );
  if (!found[0]!.isThere) return [];
  const { rows } = await connection.query<AppliedMigration>(
    'select number, checksum from parley.schema_migrations order by number',
  );
  return rows;
}

async function findMissing(connection: Connection): Promise<Migration[]> {
  const { rows } = await connection.query<{ number: number; name: string; checksum: string }>(
    patiently('select number, name, checksum from parley.schema_migrations order by number'),
  );
  const migrations = readMigrations();
  checkHistory(rows, migrations);
  return migrations.slice(rows.length);
}

function checkHistory(
  applied: readonly { number: number; name: string; checksum: string }[],
  migrations: readonly Migration[],
): void {
  if (applied.length > migrations.length) {
    throw new SchemaMismatch(
      `the database is at schema ${applied.length}, this Parley knows only ${migrations.length}: ` +
        'it was migrated by a newer version. Run that version, or one newer still.',
    );
  }
  for (const [index, row] of applied.entries()) {
    if (row.checksum !== migrations[index]!.checksum) {
      throw new SchemaMismatch(
        `migration ${row.number} (${row.name}) was applied with other contents than this Parley carries: ` +
          'a migration never changes after its release. Restore the file, or start from a fresh database.',
      );
    }
  }
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  await connection.query('begin');
  try {
    await connection.query(patiently(migration.sql));
    await connection.query(
      'insert into parley.schema_migrations (number, name, checksum) values ($1, $2, $3)',
      [migration.number, migration.name, migration.checksum],
    );
    await connection.query('commit');
  } catch (error) {
    await connection.query('rollback');
    throw error;
  }
}
