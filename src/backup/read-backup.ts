// Reads a backup file of any size piece by piece and checks it: rejects a file that is not gzip, cut off, changed,
// continued after its end, or written by a newer Parley. Knows no database.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Result } from '../base/result.ts';
import {
  BackupUnusable,
  END_OF_ROWS,
  type Header,
  keyFingerprint,
  readHeader,
  readLine,
  readTableLine,
  sealOf,
  type TableLine,
  type Trailer,
} from './format.ts';

/** The longest line. A row is one line, and no message or attribute comes near this. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;
const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;

export type Piece =
  | { readonly kind: 'header'; readonly header: Header }
  | { readonly kind: 'table'; readonly table: TableLine }
  /** Complete rows, each with its line end. */
  | { readonly kind: 'rows'; readonly bytes: Buffer }
  | { readonly kind: 'table-end'; readonly rows: number }
  | { readonly kind: 'end'; readonly trailer: Trailer };

export type Contents = {
  readonly header: Header;
  readonly trailer: Trailer;
  readonly tables: ReadonlyMap<string, number>;
};

/** Generates the pieces, in order. @throws BackupUnusable, at the latest after the last piece. */
export async function* readBackup(file: string): AsyncGenerator<Piece> {
  const lines = new LineReader(gunzipped(file));
  const unusable = (what: string) => new BackupUnusable(`${file} ${what}`);
  const usable = <Value>(read: Result<Value, string>): Value => {
    if (!read.ok) throw unusable(read.error);
    return read.value;
  };
  try {
    const header = usable(readHeader(await lines.nextLine()));
    yield { kind: 'header', header };
    for (;;) {
      const hashBefore = lines.hashSoFar();
      const line = await lines.nextLine();
      const fields = usable(readLine(line));
      if (fields['end'] === true) {
        const trailer = fields as unknown as Trailer;
        if (trailer.sha256 !== hashBefore) throw unusable('is damaged: its checksum is another');
        if (!(await lines.isAtEnd())) throw unusable('is damaged: something follows its end');
        yield { kind: 'end', trailer };
        return;
      }
      yield { kind: 'table', table: usable(readTableLine(line)) };
      let rows = 0;
      for await (const bytes of lines.rowsUntilEnd()) {
        rows += countLines(bytes);
        yield { kind: 'rows', bytes };
      }
      const counted = usable(readLine(await lines.nextLine()));
      if (counted['rows'] !== rows) throw unusable('is damaged: rows are missing or too many');
      yield { kind: 'table-end', rows };
    }
  } catch (error) {
    throw explained(error, unusable);
  } finally {
    await lines.close();
  }
}

/**
 * Reads the whole file and returns the counts.
 * @param key the key, if it is available: detects a file that was changed and given a new checksum.
 * @param told called with the header first, so that it can reject the file early.
 * @throws BackupUnusable.
 */
export async function verifyBackup(
  file: string,
  key: string | null,
  {
    onHeader = () => {},
    onProgress = () => {},
  }: {
    readonly onHeader?: (header: Header) => void;
    readonly onProgress?: (progress: { rows: number; bytes: number }) => void;
  } = {},
): Promise<Contents> {
  let header: Header | undefined;
  let trailer: Trailer | undefined;
  const tables = new Map<string, number>();
  let table = '';
  const progress = { rows: 0, bytes: 0 };
  for await (const piece of readBackup(file)) {
    if (piece.kind === 'header') {
      header = piece.header;
      onHeader(header);
    } else if (piece.kind === 'table') table = piece.table.table;
    else if (piece.kind === 'table-end') tables.set(table, piece.rows);
    else if (piece.kind === 'end') trailer = piece.trailer;
    else {
      progress.bytes += piece.bytes.length;
      progress.rows += countLines(piece.bytes);
      onProgress(progress);
    }
  }
  const contents = { header: header!, trailer: trailer!, tables };
  const rows = [...tables.values()].reduce((sum, count) => sum + count, 0);
  if (contents.trailer.tables !== tables.size || contents.trailer.rows !== rows) {
    throw new BackupUnusable(`${file} is damaged: its counts do not fit together`);
  }
  const isOurs = key !== null && contents.header.key?.fingerprint === keyFingerprint(key);
  if (isOurs && contents.trailer.seal !== sealOf(key, contents.trailer.sha256)) {
    throw new BackupUnusable(`${file} was changed after it was written: its seal is another`);
  }
  return contents;
}

/** Explains errors of zlib and the file system. */
function explained(error: unknown, unusable: (what: string) => Error): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof CutOff || code === 'Z_BUF_ERROR') {
    return unusable('is cut off: it is not the whole backup');
  }
  if (error instanceof LineTooLong) return unusable('is damaged: a line of it has no end');
  if (code === 'Z_DATA_ERROR') return unusable('is damaged, or not a backup of Parley');
  if (code === 'ENOENT') return unusable('is not there');
  if (code === 'EISDIR') return unusable('is a folder');
  if (code === 'EACCES') return unusable('may not be read by this user');
  return error;
}

class CutOff extends Error {}
class LineTooLong extends Error {}

async function* gunzipped(file: string): AsyncGenerator<Buffer> {
  // Checked before it is opened: opening a pipe waits for its other end.
  if (!(await stat(file)).isFile()) throw new BackupUnusable(`${file} is not a regular file`);
  const text = new PassThrough({ highWaterMark: 4 * CHUNK_BYTES });
  const done = pipeline(
    createReadStream(file, { highWaterMark: CHUNK_BYTES }),
    createGunzip({ chunkSize: 4 * CHUNK_BYTES }),
    text,
  );
  // Its failure also fails the reading of `text`, which reports it.
  done.catch(() => {});
  yield* text as AsyncIterable<Buffer>;
}

/** Reads lines and rows from text that arrives in chunks, and computes the checksum of what it returned. */
class LineReader {
  readonly #chunks: AsyncGenerator<Buffer>;
  readonly #hash = createHash('sha256');
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks;
  }

  hashSoFar(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Reads one line, without its end. */
  async nextLine(): Promise<string> {
    let from = 0;
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE, from);
      if (end !== -1) return this.#take(end + 1).toString('utf8', 0, end);
      from = this.#rest.length;
      if (!(await this.#more())) throw new CutOff();
    }
  }

  /** Generates complete rows, as many at once as are available, up to the end of the table. */
  async *rowsUntilEnd(): AsyncGenerator<Buffer> {
    const last = `${END_OF_ROWS}\n`;
    for (;;) {
      if (this.#rest.subarray(0, last.length).equals(Buffer.from(last))) {
        this.#take(last.length);
        return;
      }
      const end = this.#rest.indexOf(`\n${last}`);
      const whole = (end === -1 ? this.#rest.lastIndexOf(NEWLINE) : end) + 1;
      // A possible beginning of the end line waits for the rest of it.
      if (whole > 0) yield this.#take(whole);
      if (end === -1 && !(await this.#more())) throw new CutOff();
    }
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.#hash.update(taken);
    return taken;
  }

  async #more(): Promise<boolean> {
    if (this.#rest.length > LINE_BYTES_MAX) throw new LineTooLong();
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }
}

export function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
