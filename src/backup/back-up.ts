// Writes a backup: one snapshot of all workspaces, streamed table by table from PostgreSQL into a compressed file,
// which is read back before it gets its name. Changes nothing in the database and blocks no server.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import copyStreams from 'pg-copy-streams';
import type { Connection, Pool } from '../database/pool.ts';
import type { FileStore } from '../files/file-store.ts';
import {
  type CopiedTable,
  copyOut,
  holdTables,
  listCopiedTables,
  readSequences,
  seesEverything,
} from '../store/backup/copied-tables.ts';
import { type FileRowKey, listStoredFiles } from '../store/resources/files.ts';
import { readAppliedMigrations } from '../store/schema/migrate.ts';
import { readAll } from '../store/sql/row-level-security.ts';
import {
  END_OF_ROWS,
  FILES,
  FORMAT,
  FORMAT_VERSION,
  type Header,
  keyFingerprint,
  sealOf,
  type Trailer,
} from './format.ts';
import { type Contents, countLines, verifyBackup } from './read-backup.ts';

/** Takes half the time of the default level, for a file that is a tenth larger. */
const COMPRESSION_LEVEL = 4;
/** Smaller chunks cost more in overhead than in work. */
const CHUNK_BYTES = 256 * 1024;

export type Progress = {
  readonly table: string;
  readonly rows: number;
  /** The size before compression. */
  readonly bytes: number;
};

export type BackupOptions = {
  /** A pool for the purpose `copy`. */
  readonly pool: Pool;
  /** The store in the data folder; a bucket is backed up by its own means. */
  readonly store: FileStore;
  readonly file: string;
  readonly version: string;
  readonly createdAt: Date;
  /** The key that seals the secrets in the database; null if it is not available. */
  readonly key: string | null;
  readonly isKeyIncluded: boolean;
  readonly onProgress: (progress: Progress) => void;
  readonly onReadingBack: () => void;
};

/** The file already exists. */
export class BackupExists extends Error {
  override readonly name = 'BackupExists';
}

/**
 * Writes the file. It gets its name only once it is complete, on disk, and has been read back.
 * @returns the contents that were read back.
 * @throws BackupExists; or an error of PostgreSQL or the file system, and then there is no file.
 */
export async function backUp(options: BackupOptions): Promise<Contents> {
  const { file, pool, key } = options;
  const draft = `${file}.partial`;
  // Only the operator may read the data of customers.
  const handle = await open(draft, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new BackupExists(draft) : error;
  });
  try {
    await readAll(pool, async (connection) => {
      const content = Readable.from(write(connection, options), { objectMode: true });
      const compress = createGzip({ level: COMPRESSION_LEVEL, chunkSize: CHUNK_BYTES });
      await pipeline(content, compress, createWriteStream('', { fd: handle.fd, autoClose: false }));
    });
    await handle.sync();
    options.onReadingBack();
    const contents = await verifyBackup(draft, key);
    // Unlike a rename, this never replaces a file.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new BackupExists(file) : error;
    });
    return contents;
  } finally {
    // A failed pipeline has closed it, and its error is the one to report.
    await handle.close().catch(() => undefined);
    await rm(draft, { force: true });
    await flushFolder(dirname(file));
  }
}

/** Generates the content of the file. */
async function* write(
  connection: Connection,
  { version, createdAt, key, isKeyIncluded, onProgress, store }: BackupOptions,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const hashed = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    return bytes;
  };
  const line = (value: unknown): Buffer => hashed(Buffer.from(`${JSON.stringify(value)}\n`));
  const header: Header = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    parley: version,
    createdAt: createdAt.toISOString(),
    schema: await readAppliedMigrations(connection),
    key:
      key === null
        ? null
        : { fingerprint: keyFingerprint(key), ...(isKeyIncluded ? { text: key } : {}) },
  };
  yield line(header);
  const tables = await listCopiedTables(connection);
  await holdTables(connection, tables);
  if (!(await seesEverything(connection))) {
    throw new Error('row-level security hides rows from this connection');
  }
  let rows = 0;
  for (const table of tables) {
    yield line({ table: table.name, columns: table.columns });
    const count = yield* copyRows(connection, table, hashed, onProgress);
    yield hashed(Buffer.from(`${END_OF_ROWS}\n`));
    yield line({ rows: count });
    rows += count;
  }
  yield line(FILES);
  // An older schema has none.
  const hasFiles = tables.some(({ name }) => name === 'files');
  const files = hasFiles ? yield* copyFiles(connection, store, hashed, onProgress) : 0;
  yield hashed(Buffer.from(`${END_OF_ROWS}\n`));
  yield line({ rows: files });
  rows += files;
  const sequences = await readSequences(connection);
  const sha256 = hash.digest('hex');
  const trailer: Trailer = { end: true, tables: tables.length + 1, rows, sequences, sha256 };
  const sealed = key === null ? trailer : { ...trailer, seal: sealOf(key, sha256) };
  yield Buffer.from(`${JSON.stringify(sealed)}\n`);
}

async function* copyRows(
  connection: Connection,
  table: CopiedTable,
  hashed: (bytes: Buffer) => Buffer,
  onProgress: (progress: Progress) => void,
): AsyncGenerator<Buffer, number> {
  const stream = connection.query(
    copyStreams.to(copyOut(table), { highWaterMark: 4 * CHUNK_BYTES }),
  );
  const progress = { table: table.name, rows: 0, bytes: 0 };
  onProgress(progress);
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    progress.rows += countLines(bytes);
    progress.bytes += bytes.length;
    yield hashed(bytes);
    onProgress(progress);
  }
  if (stream.rowCount !== progress.rows) {
    throw new Error(`${table.name}: ${stream.rowCount} rows were sent, ${progress.rows} arrived`);
  }
  return progress.rows;
}

/** Copies the bytes of files. One that was removed since the snapshot is left out, and so it is after a restore. */
async function* copyFiles(
  connection: Connection,
  store: FileStore,
  hashed: (bytes: Buffer) => Buffer,
  onProgress: (progress: Progress) => void,
): AsyncGenerator<Buffer, number> {
  const progress = { table: FILES.table, rows: 0, bytes: 0 };
  onProgress(progress);
  let after: FileRowKey | null = null;
  for (;;) {
    const keys: readonly FileRowKey[] = await listStoredFiles(connection, store.place, after);
    for (const key of keys) {
      const content = await store.read(key, null);
      if (content === null) continue;
      const base64 = Buffer.concat(await content.toArray()).toString('base64');
      const row = Buffer.from(`${key.workspaceId}\t${key.id}\t${base64}\n`);
      progress.rows += 1;
      progress.bytes += row.length;
      yield hashed(row);
      onProgress(progress);
    }
    after = keys.at(-1) ?? null;
    if (after === null) return progress.rows;
  }
}

/** Flushes a folder, so that the names of its files are on disk. */
async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot open folders, and some file systems cannot flush them.
  }
}
