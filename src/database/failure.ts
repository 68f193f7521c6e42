// Sorts what can go wrong with PostgreSQL into the few kinds that the rest of Parley treats differently.

import pg from 'pg';

/**
 *   away      unavailable: not reachable, shutting down, out of space or connections: try again later, outcome unknown
 *   conflict  another transaction was there first: load again
 *   rejected  PostgreSQL will never take this, or a bug of ours: a fault of the statement, its data or the program
 */
export type DatabaseFailure = 'away' | 'conflict' | 'rejected';

const conflictCodes = new Set([
  '40001', // serialization_failure: our own guard, parley.assert_written
  '40P01', // deadlock_detected
  '23505', // unique_violation: the same event, contact or conversation came in elsewhere
]);

/** Classes of SQLSTATE that pass by themselves, or when an operator mends something while we run. */
const awayClasses = new Set([
  '08', // connection exceptions
  '28', // the login is refused: a password is being changed
  '53', // out of space, memory or connections
  '57', // shutting down, starting up, cancelled by a time limit
  '58', // trouble of the machine below PostgreSQL
]);
const awayCodes = new Set([
  '25006', // read_only_sql_transaction: we are on a standby during a failover
  '3D000', // the database is being restored
  '42501', // the role may not do this (any more)
  '55P03', // lock_not_available
]);

/** What Node says of a connection that cannot be made or broke. */
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

/** What the driver says of one, without a code. */
const connectionMessages: readonly RegExp[] = [
  /^Connection terminated/,
  /^Connection ended unexpectedly/,
  /^Query read timeout$/,
  /^timeout expired$/,
  /^timeout exceeded when trying to connect$/,
  /^Client (was closed|has encountered a connection error) and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
];

/** What a failed query means. Only for errors of the database: a caller's broken socket looks the same. */
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

/** The code of an error that PostgreSQL itself reported. */
const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Node tries several addresses of a name at once and reports all of them together.
  if (error instanceof AggregateError) return error.errors.some(isConnectionTrouble);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && connectionCodes.has(code)) return true;
  return connectionMessages.some((message) => message.test(error.message));
}
