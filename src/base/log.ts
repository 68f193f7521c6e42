// The log: JSON lines on standard error, so that standard output stays for people. Never bodies, never secrets.

import { type Logger, pino } from 'pino';

export type Log = Logger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Kept while nothing can be written; beyond it lines are dropped. */
const UNWRITTEN_BYTES_MAX = 1024 * 1024;

/** Opens the log. Errors are logged by type, message, code and stack; details such as SQL parameters are left out. */
export function openLog(level: LogLevel): Log {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: UNWRITTEN_BYTES_MAX });
  // A disk that is full of log, or a reader that is gone, must not end a server that could go on serving.
  destination.on('error', () => {});
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    destination,
  );
}

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
  };
}
