// Brings a database to the present schema: numbered, named SQL files, forward only, each in a transaction of its own,
// one server at a time.

import { readdirSync, readFileSync } from 'node:fs';
import { sha256Hex } from '../base/random.ts';
import type { Connection, Pool } from '../database/pool.ts';

export type Migration = { readonly number: number; readonly name: string; readonly sql: string };

/** Any number: it only has to differ from other users of advisory locks in the same database. */
const MIGRATION_LOCK = 7_065_114;

/** A file is NNNN_what_it_does.sql, numbered without gaps. */
export function readMigrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file, index) => {
      const [, number, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
      if (Number(number) !== index + 1)
        throw new Error(`migrations/${file}: expected number ${index + 1}`);
      return { number: index + 1, name: name!, sql: readFileSync(new URL(file, folder), 'utf8') };
    });
}

export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/**
 * Applies what is missing.
 * @param pool a pool for the purpose `admin`.
 * @returns the names of the migrations that were applied now.
 * @throws SchemaMismatch when the database is ahead of this program, or was migrated by changed files.
 */
export async function migrate(pool: Pool): Promise<string[]> {
  const connection = await pool.connect();
  try {
    await connection.query(`set statement_timeout = 0; select pg_advisory_lock(${MIGRATION_LOCK})`);
    try {
      return await applyMissing(connection);
    } finally {
      await connection.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`);
    }
  } finally {
    // Its session settings are not the pool's: do not use it again.
    connection.release(true);
  }
}

async function applyMissing(connection: Connection): Promise<string[]> {
  await connection.query(`create table if not exists parley.schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now())`);
  const { rows } = await connection.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from parley.schema_migrations order by number',
  );
  const migrations = readMigrations();
  checkHistory(rows, migrations);
  const missing = migrations.slice(rows.length);
  for (const migration of missing) await apply(connection, migration);
  return missing.map(({ number, name }) => `${String(number).padStart(4, '0')}_${name}`);
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
    if (row.checksum !== sha256Hex(migrations[index]!.sql)) {
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
    await connection.query(migration.sql);
    await connection.query(
      'insert into parley.schema_migrations (number, name, checksum) values ($1, $2, $3)',
      [migration.number, migration.name, sha256Hex(migration.sql)],
    );
    await connection.query('commit');
  } catch (error) {
    await connection.query('rollback');
    throw error;
  }
}
