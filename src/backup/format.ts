// The format of a backup file: gzip-compressed text with a header line and an end line, which proves that it is
// complete. Defines the format and the errors about unusable files; does no I/O.
//
//   {"format":"parley-backup","formatVersion":1,…}     the header
//   {"table":"workspaces","columns":["id",…]}          then its rows in PostgreSQL's COPY format, one per line
//   \.
//   {"rows":2}
//   …                                                  the next table
//   {"table":"file_bytes","columns":[…]}             at last the files in the data folder, with their bytes in base64
//   {"end":true,"tables":25,"rows":81234,"sequences":[…],"sha256":"…"}

import { createHmac, hkdfSync } from 'node:crypto';
import { fail, ok, type Result } from '../base/result.ts';
import type { SequenceState } from '../store/backup/copied-tables.ts';

export const FORMAT = 'parley-backup';
export const FORMAT_VERSION = 1;
/** The line that ends the rows of a table. No row equals it, since COPY doubles backslashes. */
export const END_OF_ROWS = '\\.';

export type Header = {
  readonly format: typeof FORMAT;
  readonly formatVersion: number;
  /** The version of Parley that wrote the file. */
  readonly parley: string;
  readonly createdAt: string;
  readonly schema: readonly { readonly number: number; readonly checksum: string }[];
  /** The key that seals the secrets in the file: its fingerprint and, if requested, the key itself. */
  readonly key: { readonly fingerprint: string; readonly text?: string } | null;
};

/** The name under which the bytes of files are in a backup; no table of the database has it. */
export const FILES = { table: 'file_bytes', columns: ['workspace_id', 'id', 'base64'] } as const;

export type TableLine = { readonly table: string; readonly columns: readonly string[] };

export type Trailer = {
  readonly end: true;
  readonly tables: number;
  readonly rows: number;
  readonly sequences: readonly SequenceState[];
  /** The checksum of everything before this line. */
  readonly sha256: string;
  /** The checksum authenticated with the key (HMAC), which an attacker who changes the file does not have. */
  readonly seal?: string;
};

/** A file is no backup, incomplete, or written by a newer Parley. */
export class BackupUnusable extends Error {
  override readonly name = 'BackupUnusable';
}

/** Returns a fingerprint that distinguishes keys without revealing them. */
export const keyFingerprint = (key: string): string =>
  derive(key, 'parley key fingerprint v1').toString('hex').slice(0, 16);

/** Authenticates the content of a backup. */
export const sealOf = (key: string, sha256: string): string =>
  createHmac('sha256', derive(key, 'parley backup v1')).update(sha256).digest('hex');

const derive = (key: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', purpose, 32));

type Fields = Readonly<Record<string, unknown>>;

/** A line of the file that is not a row. */
export function readLine(line: string): Result<Fields, string> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return ok(value as Fields);
    }
  } catch {
    // Reported below.
  }
  return fail('is damaged: a line between the tables is not what Parley writes');
}

/** Reads a header, or returns why this Parley cannot use it. */
export function readHeader(line: string): Result<Header, string> {
  const fields = readLine(line);
  if (!fields.ok || fields.value['format'] !== FORMAT) return fail('is not a backup of Parley');
  const header = fields.value as unknown as Header;
  if (header.formatVersion !== FORMAT_VERSION) {
    return fail(
      `is in format ${header.formatVersion}, this Parley knows ${FORMAT_VERSION}: it was written by Parley ` +
        `${header.parley}, restore it with that version or a newer one`,
    );
  }
  const isWhole = Array.isArray(header.schema) && typeof header.createdAt === 'string';
  return isWhole ? ok(header) : fail('is damaged: its first line is not whole');
}

export function readTableLine(line: string): Result<TableLine, string> {
  const fields = readLine(line);
  if (!fields.ok) return fields;
  const { table, columns } = fields.value as Partial<TableLine>;
  const isTable = typeof table === 'string' && Array.isArray(columns);
  return isTable ? ok({ table, columns }) : fail('is damaged: a table has no name');
}
