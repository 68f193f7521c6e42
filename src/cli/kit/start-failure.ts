// Explains in one sentence why the server or its database could not be used, and what to do about it.

import type { Config } from '../../config.ts';

/** Explains a failure; unknown ones keep their own message. */
export function explainStartFailure(error: unknown, config: Config): string {
  const { code, message } = error as { code?: unknown; message?: string };
  const where = `${config.host}:${config.port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `the address ${where} is in use. Stop the program that listens there, or set PARLEY_PORT (0 picks a free port).`;
    case 'EACCES':
      return `listening on ${where} is not permitted. Choose another PARLEY_PORT.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${message}: check PARLEY_HOST and PARLEY_DATABASE_URL.`;
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
      // A name with several addresses fails once for each; the error has no message then.
      return `the PostgreSQL of PARLEY_DATABASE_URL does not respond (${message || code}).`;
    case '28P01':
    case '28000':
      return `PostgreSQL rejects the login of PARLEY_DATABASE_URL: ${message}.`;
    case '3D000':
      return `${message}: create it, or correct PARLEY_DATABASE_URL.`;
    case '42501':
      return (
        `PostgreSQL denies permission: ${message}. Does the schema "parley" belong to a role other than that of ` +
        'PARLEY_DATABASE_URL?'
      );
    default:
      return message ?? String(error);
  }
}
