// Reads a file that a user named into memory: only a regular file of a bounded size, both checked before a byte is
// read. Never waits for a pipe or a device.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { fail, ok, type Result } from '../result.ts';
import type { TextFault } from './decode-text.ts';

const CHUNK_BYTES = 64 * 1024;

export type ReadFileRules = {
  readonly bytesMax: number;
  /** The last part of the path must not be a link: it was resolved already. */
  readonly isResolved?: boolean;
};

/** Reads the bytes of a file, or returns why it cannot. */
export function readRegularFile(
  path: string,
  { bytesMax, isResolved = false }: ReadFileRules,
): Result<Buffer, TextFault> {
  let file: number | undefined;
  try {
    // Checked before it is opened: opening a device may have an effect, and opening a pipe waits for its other end.
    const wrong = faultOf(statSync(path), bytesMax);
    if (wrong !== null) return fail(wrong);
    const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
    file = openSync(path, O_RDONLY | O_NONBLOCK | (isResolved ? O_NOFOLLOW : 0));
    // Checked again: another file may have taken its place.
    const wrongNow = faultOf(fstatSync(file), bytesMax);
    return wrongNow === null ? readToEnd(file, bytesMax) : fail(wrongNow);
  } catch (error) {
    return fail(explain(error as NodeJS.ErrnoException));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Reads until the end: the size that the system reports may be wrong (0 in /proc) or change. */
function readToEnd(file: number, bytesMax: number): Result<Buffer, TextFault> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSync(file, chunk, 0, CHUNK_BYTES, null);
    if (count === 0) return ok(Buffer.concat(chunks, length));
    length += count;
    if (length > bytesMax) return fail(tooLarge(length, bytesMax));
    chunks.push(chunk.subarray(0, count));
  }
}

function faultOf(stats: Stats, bytesMax: number): TextFault | null {
  if (stats.isFile()) return stats.size > bytesMax ? tooLarge(stats.size, bytesMax) : null;
  const remedy = stats.isFIFO() ? 'write what comes out of it into a file first' : 'name a file';
  return { line: null, reason: `is ${kindOf(stats)}, not a regular file`, remedy };
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

const tooLarge = (bytes: number, bytesMax: number): TextFault => ({
  line: null,
  reason: `has ${bytes} bytes or more, which is too large`,
  remedy: `at most ${bytesMax} are read`,
});

function explain({ code, message }: NodeJS.ErrnoException): TextFault {
  const fault = (reason: string, remedy: string): TextFault => ({ line: null, reason, remedy });
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return fault('does not exist', 'check the path');
    case 'EACCES':
    case 'EPERM':
      return fault('may not be read', 'give the user that runs Parley the right to read it');
    case 'ELOOP':
      return fault('is a link that leads in a circle or changed just now', 'check the path');
    default:
      return fault(`cannot be read (${code ?? message})`, 'check the path');
  }
}
