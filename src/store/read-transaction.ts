// The only way to read a workspace's data outside the door: a read-only transaction that row-level security confines
// to one workspace, whatever its queries say.

import { breaksConnection } from '../database/failure.ts';
import type { Connection, Pool } from '../database/pool.ts';

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
  const connection = await pool.connect();
  try {
    await connection.query(
      `begin isolation level repeatable read read only; set local parley.workspace_id = '${workspaceId}'`,
    );
    const answer = await read(connection);
    await connection.query('commit');
    connection.release();
    return answer;
  } catch (error) {
    const isBroken = breaksConnection(error) || !(await rollBack(connection));
    connection.release(isBroken ? (error as Error) : undefined);
    throw error;
  }
}

async function rollBack(connection: Connection): Promise<boolean> {
  try {
    await connection.query('rollback');
    return true;
  } catch {
    return false;
  }
}
