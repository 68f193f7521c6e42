// The log that the embedded PostgreSQL reports to; the caller decides where it goes (pino in the server, stderr in a
// command).

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Receives every event of the embedded PostgreSQL: level, fields, one sentence. */
export type EmbeddedLog = (
  level: LogLevel,
  fields: Record<string, unknown>,
  message: string,
) => void;
