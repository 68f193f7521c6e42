// Writing outside the engine: one transaction in one workspace, which row-level security confines to the rows of that
// workspace and to the tables that commands may write. Conversations and contacts are written by the engine only.

import type { Connection, Pool } from '../../database/pool.ts';
import { inTransaction } from './transaction.ts';

/**
 * Runs work as one transaction in one workspace: all of it, or nothing.
 * @param pool a pool for the purpose `command`.
 * @param work resolves to what the transaction gives back; when it throws, nothing is written.
 */
export async function writeAs<Value>(
  pool: Pool,
  workspaceId: number,
  work: (connection: Connection) => Promise<Value>,
): Promise<Value> {
  if (!Number.isSafeInteger(workspaceId)) throw new Error('a workspace id is a whole number');
  return inTransaction(pool, `begin; set local parley.workspace_id = '${workspaceId}'`, work);
}
