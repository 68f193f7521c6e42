// Shows the progress of a backup or a restore: one changing line on a terminal, a line every few seconds in a log.
// Writes to standard error, so that standard output has only the result.

import { writeError } from '../kit/terminal.ts';

export type ShownProgress = {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
};

const EVERY_MS = 500;
/** Shorter tables get no line in a log. */
const LOGGED_EVERY_MS = 10_000;

/** @returns `note` to call with each progress, and `end` to clear the line. */
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

/** A size such as `12.3 MB`, or `18 kB` below one megabyte. */
export const megabytes = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
