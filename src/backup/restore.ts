// Restores a backup into an empty database: first its original schema, then its rows in one transaction with its
// sequences, then the migrations to the current schema. Until that transaction commits, a mark in the database keeps
// every other Parley out, so that an interrupted restore is not taken for a new database.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import copyStreams from 'pg-copy-streams';
import type { Connection, Pool } from '../database/pool.ts';
import type { FileStore } from '../files/file-store.ts';
import {
  analyzeTables,
  type CopiedTable,
  closeTable,
  copyIn,
  countRows,
  hasRows,
  listCopiedTables,
  openTable,
  setSequences,
} from '../store/backup/copied-tables.ts';
import { beginRestore, endRestore } from '../store/backup/unfinished-restore.ts';
import { raiseLogOffset } from '../store/outbox/event-log.ts';
import {
  applyMigrations,
  migrate,
  readAppliedMigrations,
  readMigrations,
  withMigrationLock,
} from '../store/schema/migrate.ts';
import type { Progress } from './back-up.ts';
import { BackupUnusable, FILES, type Header } from './format.ts';
import { type Contents, countLines, type Piece, readBackup } from './read-backup.ts';

/** The database is not empty, or does not meet the requirements of the backup. */
export class NotRestorable extends Error {
  override readonly name = 'NotRestorable';
}

export type RestoreOptions = {
  /** A pool for the purpose `copy`. */
  readonly pool: Pool;
  /** The store in the data folder. */
  readonly store: FileStore;
  readonly file: string;
  /** The result of verifyBackup(). */
  readonly contents: Contents;
  /** Called when the database turns out to be empty, before anything is written to it. */
  readonly onAccepted: () => void;
  /** Called when the mark of the unfinished restore is in the database. */
  readonly onMarked: () => Promise<void>;
  readonly onProgress: (progress: Progress) => void;
};

/**
 * Whether this Parley knows the schema of a backup.
 * @throws BackupUnusable.
 */
export function checkSchema(file: string, { schema, parley }: Header): void {
  const known = readMigrations();
  if (schema.length > known.length) {
    throw new BackupUnusable(
      `${file} is at schema ${schema.length}, this Parley knows only ${known.length}: it was written by Parley ` +
        `${parley}, restore it with that version or a newer one`,
    );
  }
  for (const [index, { number, checksum }] of schema.entries()) {
    if (known[index]!.number !== number || known[index]!.checksum !== checksum) {
      throw new BackupUnusable(
        `${file} was made with another migration ${number} than this Parley carries`,
      );
    }
  }
}

/**
 * Restores the backup.
 * @returns the migrations that the backup did not have yet.
 * @throws NotRestorable, with nothing changed; or an error of PostgreSQL, and then the database has no rows.
 */
export async function restore(options: RestoreOptions): Promise<readonly string[]> {
  const { pool, file, contents } = options;
  await withMigrationLock(pool, async (connection) => {
    await assertUnused(connection, contents.header);
    options.onAccepted();
    await beginRestore(connection, file);
    await options.onMarked();
    await applyMigrations(connection, contents.header.schema.length);
    await connection.query('begin');
    try {
      await load(connection, options);
      await endRestore(connection);
      await connection.query('commit');
    } catch (error) {
      await connection.query('rollback').catch(() => {});
      throw error;
    }
    await analyzeTables(connection, await listCopiedTables(connection));
  });
  const applied = await migrate(pool);
  await raiseLogOffset(pool);
  return applied;
}

async function assertUnused(connection: Connection, header: Header): Promise<void> {
  for (const table of await listCopiedTables(connection)) {
    if (await hasRows(connection, table)) {
      throw new NotRestorable(
        `the database is in use: its table ${table.name} holds rows. A backup is restored into a database, or a data ` +
          'folder, that nothing was stored in yet',
      );
    }
  }
  const applied = await readAppliedMigrations(connection);
  if (applied.length > header.schema.length) {
    throw new NotRestorable(
      `the database was prepared for schema ${applied.length} already, and the backup is at ${header.schema.length}: ` +
        'restore it into a database that was never used',
    );
  }
}

async function load(connection: Connection, options: RestoreOptions): Promise<void> {
  const { file, contents } = options;
  const known = new Map((await listCopiedTables(connection)).map((table) => [table.name, table]));
  const pieces = readBackup(file);
  let sha256 = '';
  for await (const piece of pieces) {
    if (piece.kind === 'end') sha256 = piece.trailer.sha256;
    if (piece.kind !== 'table') continue;
    const { table: name, columns } = piece.table;
    if (name === FILES.table) {
      await fillStore(pieces, options);
      continue;
    }
    const table = known.get(name);
    if (table === undefined || columns.toSorted().join() !== table.columns.toSorted().join()) {
      throw new NotRestorable(`the backup's table ${name} is not that of schema`);
    }
    await fill(connection, { name, columns }, pieces, options);
    known.delete(name);
  }
  if (sha256 !== contents.trailer.sha256) {
    throw new NotRestorable(`${file} was changed while it was restored`);
  }
  if (known.size > 0) {
    throw new NotRestorable(`the backup lacks the tables ${[...known.keys()].join(', ')}`);
  }
  await setSequences(connection, contents.trailer.sequences);
}

/** Writes the files of the next pieces. Until the transaction with their rows commits, nothing names them. */
async function fillStore(
  pieces: AsyncGenerator<Piece>,
  { store, onProgress }: RestoreOptions,
): Promise<void> {
  const progress = { table: FILES.table, rows: 0, bytes: 0 };
  for (;;) {
    const { value: piece } = await pieces.next();
    if (piece === undefined || piece.kind !== 'rows') return;
    for (const line of piece.bytes.toString('latin1').split('\n')) {
      if (line === '') continue;
      const [workspaceId, id, base64] = line.split('\t');
      const key = { workspaceId: Number(workspaceId), id: id ?? '' };
      await store.write(key, only(Buffer.from(base64 ?? '', 'base64')));
      progress.rows += 1;
    }
    progress.bytes += piece.bytes.length;
    onProgress(progress);
  }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Copies the next rows of the pieces into a table and checks their number. */
async function fill(
  connection: Connection,
  table: CopiedTable,
  pieces: AsyncGenerator<Piece>,
  { contents, onProgress }: RestoreOptions,
): Promise<void> {
  const progress = { table: table.name, rows: 0, bytes: 0 };
  const rows = async function* () {
    for (;;) {
      const { value: piece } = await pieces.next();
      if (piece === undefined || piece.kind !== 'rows') return;
      progress.rows += countLines(piece.bytes);
      progress.bytes += piece.bytes.length;
      yield piece.bytes;
      onProgress(progress);
    }
  };
  await openTable(connection, table);
  onProgress(progress);
  await pipeline(Readable.from(rows()), connection.query(copyStreams.from(copyIn(table))));
  const count = await countRows(connection, table);
  if (count !== contents.tables.get(table.name)) {
    throw new NotRestorable(
      `${count} rows are in ${table.name}, the backup has ${contents.tables.get(table.name)}`,
    );
  }
  await closeTable(connection, table);
}
