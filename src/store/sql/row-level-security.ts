// Transactions outside the engine. Row-level security confines a transaction of one workspace to the rows of that
// workspace, whatever its queries say, and its writes to the tables of commands; reads always use one snapshot.

import type { Result } from '../../base/result.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { inTransaction } from './transaction.ts';

const snapshot = 'begin isolation level repeatable read read only';

/**
 * Runs queries as one workspace, on one snapshot.
 * @param pool a pool for the purpose `read`.
 * @param options `statementTimeoutMs` replaces the pool's.
 */
export async function readAs<Value>(
  pool: Pool,
  workspaceId: number,
  read: (connection: Connection) => Promise<Value>,
  { statementTimeoutMs }: { readonly statementTimeoutMs?: number } = {},
): Promise<Value> {
  if (!Number.isSafeInteger(workspaceId)) throw new Error('a workspace id is a whole number');
  const begin = `${snapshot}; set local parley.workspace_id = '${workspaceId}'`;
  const timeout =
    statementTimeoutMs === undefined ? '' : `; set local statement_timeout = ${statementTimeoutMs}`;
  return inTransaction(pool, `${begin}${timeout}`, read);
}

/**
 * Runs queries on one snapshot of all workspaces.
 * @param pool a pool for the purpose `admin`.
 */
export const readAll = <Value>(
  pool: Pool,
  read: (connection: Connection) => Promise<Value>,
): Promise<Value> => inTransaction(pool, snapshot, read);

/**
 * Runs work as one transaction of one workspace: all or nothing.
 * @param pool a pool for the purpose `command`.
 * @param work if it throws or resolves to an error, nothing is written.
 */
export async function writeAs<Value, Failure>(
  pool: Pool,
  workspaceId: number,
  work: (connection: Connection) => Promise<Result<Value, Failure>>,
): Promise<Result<Value, Failure>> {
  if (!Number.isSafeInteger(workspaceId)) throw new Error('a workspace id is a whole number');
  const begin = `begin; set local parley.workspace_id = '${workspaceId}'`;
  return inTransaction(pool, begin, work, ({ ok }) => (ok ? 'commit' : 'rollback'));
}
