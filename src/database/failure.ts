// Classifies the failures of PostgreSQL into the few kinds that the rest of Parley treats differently.

import pg from 'pg';

/**
 *   away      unavailable: not reachable, shutting down, out of space or connections: try again later, outcome unknown
 *   conflict  a write conflict with another transaction: load again
 *   rejected  PostgreSQL will never take this, or a bug of ours: a fault of the statement, its data or the program
 */
export type DatabaseFailure = 'away' | 'conflict' | 'rejected';

const conflictCodes = new Set([
  '40001', // serialization_failure: raised by our own parley.assert_written
  '40P01', // deadlock_detected
  '23505', // unique_violation: a concurrent insert of the same event, contact or conversation
]);

/** Classes of SQLSTATE that are temporary, or that an operator repairs while the server runs. */
const awayClasses = new Set([
  '08', // connection exceptions
  '28', // the login failed: a password is being changed
  '53', // out of space, memory or connections
  '57', // shutting down, starting up, cancelled by a time limit
  '58', // system errors, outside of PostgreSQL
]);
const awayCodes = new Set([
  '25006', // read_only_sql_transaction: a standby during a failover
  '3D000', // the database is being restored
  '42501', // the role lacks a privilege
  '55P03', // lock_not_available
]);

/** Node's codes for connections that failed or broke. */
const connectionCodes = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** The driver's messages about such connections, which have no code. */
const connectionMessages: readonly RegExp[] = [
  /^Connection terminated/,
  /^Connection ended unexpectedly/,
  /^Query read timeout$/,
  /^timeout expired$/,
  /^timeout exceeded when trying to connect$/,
  /^Client (was closed|has encountered a connection error) and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
];

/** Classifies the error of a query. Only for errors of the database: a client's broken socket looks the same. */
export function classifyFailure(error: unknown): DatabaseFailure {
  const sqlState = sqlStateOf(error);
  if (sqlState === undefined) return isConnectionTrouble(error) ? 'away' : 'rejected';
  if (conflictCodes.has(sqlState)) return 'conflict';
  return awayClasses.has(sqlState.slice(0, 2)) || awayCodes.has(sqlState) ? 'away' : 'rejected';
}

/** Whether the connection itself can no longer be used after this failure. */
export function breaksConnection(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState === undefined || sqlState.startsWith('08') || sqlState.startsWith('57P');
}

/** Returns the code of an error that PostgreSQL itself reported. */
const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Node tries several addresses of a name and reports their errors together.
  if (error instanceof AggregateError) return error.errors.some(isConnectionTrouble);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && connectionCodes.has(code)) return true;
  return connectionMessages.some((message) => message.test(error.message));
}
