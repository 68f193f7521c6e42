// Reads that bypass the engine, always on one snapshot: as one workspace, which row-level security confines to its own
// rows whatever the queries say; or, for commands, of all workspaces.

import type { Connection, Pool } from '../../database/pool.ts';
import { inTransaction } from './transaction.ts';

const snapshot = 'begin isolation level repeatable read read only';

/**
 * Runs queries as one workspace, on one snapshot.
 * @param pool a pool for the purpose `read`.
 */
export async function readAs<Answer>(
  pool: Pool,
  workspaceId: number,
  read: (connection: Connection) => Promise<Answer>,
): Promise<Answer> {
  if (!Number.isSafeInteger(workspaceId)) throw new Error('a workspace id is a whole number');
  const begin = `${snapshot}; set local parley.workspace_id = '${workspaceId}'`;
  return inTransaction(pool, begin, read);
}

/**
 * Runs queries on one snapshot of everything.
 * @param pool a pool for the purpose `admin`.
 */
export const readAll = <Answer>(
  pool: Pool,
  read: (connection: Connection) => Promise<Answer>,
): Promise<Answer> => inTransaction(pool, snapshot, read);
