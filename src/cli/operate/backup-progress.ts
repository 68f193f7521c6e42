// Shows how far a backup or a restore is: one line that changes where a person looks, a line for each large table where
// a log does. On standard error, so that what the command prints stays its own.

import { writeError } from '../kit/terminal.ts';

export type ShownProgress = {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
};

const EVERY_MS = 500;
/** Shorter tables are not worth a line of a log. */
const LOGGED_EVERY_MS = 10_000;

/** @returns what is to be called again and again, and what ends the line. */
export function showProgress(verb: string): {
  readonly note: (progress: ShownProgress) => void;
  readonly end: () => void;
} {
  const isSeen = process.stderr.isTTY === true;
  const everyMs = isSeen ? EVERY_MS : LOGGED_EVERY_MS;
  let shownAt = performance.now();
  let isLineOpen = false;
  return {
    note({ table, rows, bytes }) {
      if (performance.now() - shownAt < everyMs) return;
      shownAt = performance.now();
      const text = `${verb} ${table}: ${rows.toLocaleString('en')} rows, ${megabytes(bytes)}`;
      if (!isSeen) return writeError(text);
      process.stderr.write(`\r${text.slice(0, 79).padEnd(79)}`);
      isLineOpen = true;
    },
    end() {
      if (isLineOpen) process.stderr.write(`\r${' '.repeat(79)}\r`);
      isLineOpen = false;
    },
  };
}

/** `12.3 MB`. */
/** `18 kB` below one megabyte, so that a small file is not 0.0 MB. */
export const megabytes = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
