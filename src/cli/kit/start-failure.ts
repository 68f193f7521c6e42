// Says in one sentence why the server or its database could not be used, and what to do about it.

import type { Config } from '../../config.ts';

/** A sentence for a person. Unknown failures keep their own words. */
export function explainStartFailure(error: unknown, config: Config): string {
  const { code, message } = error as { code?: unknown; message?: string };
  const where = `${config.host}:${config.port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `the address ${where} is in use. Stop what listens there, or set PARLEY_PORT (0 picks a free port).`;
    case 'EACCES':
      return `listening on ${where} is not permitted. Choose another PARLEY_PORT.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${message}: check PARLEY_HOST and PARLEY_DATABASE_URL.`;
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
      // A name with several addresses fails once for each, without a message of its own.
      return `the PostgreSQL of PARLEY_DATABASE_URL does not answer (${message || code}).`;
    case '28P01':
    case '28000':
      return `PostgreSQL refuses the login of PARLEY_DATABASE_URL: ${message}.`;
    case '3D000':
      return `${message}: create it, or correct PARLEY_DATABASE_URL.`;
    case '42501':
      return (
        `PostgreSQL refuses: ${message}. Does the schema "parley" belong to another role than that of ` +
        'PARLEY_DATABASE_URL?'
      );
    default:
      return message ?? String(error);
  }
}
