// Sorts what can go wrong with PostgreSQL into the few kinds that the rest of Parley treats differently.

/**
 *   away      not reachable, shutting down, out of space or connections: try again later, outcome unknown
 *   conflict  another transaction was there first: load again
 *   rejected  PostgreSQL will never take this: a fault of the statement or its data
 */
export type DatabaseFailure = 'away' | 'conflict' | 'rejected';

const conflictCodes = new Set([
  '40001', // serialization_failure: our own guard, parley.assert_written
  '40P01', // deadlock_detected
  '23505', // unique_violation: the same event, contact or conversation came in elsewhere
]);

/** SQLSTATE classes and codes that pass by themselves. */
const awayClasses = new Set(['08', '53', '57', '58']);
const awayCodes = new Set([
  '25006', // read_only_sql_transaction: we are on a standby during a failover
  '55P03', // lock_not_available
  '3D000', // the database is being restored
]);

/** What a failed query means. Anything without an SQLSTATE came from the connection, not from the statement. */
export function classifyFailure(error: unknown): DatabaseFailure {
  const code = (error as { code?: unknown } | null)?.code;
  const isSqlState =
    typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
  if (!isSqlState) return isConnectionTrouble(error) ? 'away' : 'rejected';
  if (conflictCodes.has(code)) return 'conflict';
  if (awayClasses.has(code.slice(0, 2)) || awayCodes.has(code)) return 'away';
  // 28 and 42501 at connection time look like a wrong password: an operator can mend it while we run.
  return code.startsWith('28') ? 'away' : 'rejected';
}

const connectionWords =
  /connect|terminat|timeout|timed out|socket|not queryable|server closed|ECONN|EPIPE|ENOENT|EACCES|closed/i;

function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  return code.startsWith('E') || connectionWords.test(error.message);
}

/** Whether the connection itself can no longer be used after this failure. */
export const breaksConnection = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  const isSqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return !isSqlState || code.startsWith('08') || code.startsWith('57P');
};
