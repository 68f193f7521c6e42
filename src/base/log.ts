// The log: JSON lines on standard error; standard output is left to people. Contains no bodies and no secrets.

import { type Logger, pino } from 'pino';

export type Log = Logger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Bytes buffered while nothing can be written; beyond it lines are dropped. */
const UNWRITTEN_BYTES_MAX = 1024 * 1024;

/** Opens the log. An error is logged as type, message, code and stack, without details such as SQL parameters. */
export function openLog(level: LogLevel): Log {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: UNWRITTEN_BYTES_MAX });
  // A full disk or a closed pipe must not end a server that could go on serving.
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
