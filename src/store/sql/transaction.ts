// Runs several statements as one transaction, and gives the connection back in the state that it is in.

import { breaksConnection } from '../../database/failure.ts';
import type { Connection, Pool } from '../../database/pool.ts';

/**
 * Runs work in a transaction: all of it, or nothing.
 * @param begin what opens it, such as `begin read only`.
 * @param endOf how it ends when the work is done, by its result; a failure rolls back in any case.
 * @throws whatever the work, PostgreSQL or the connection says.
 */
export async function inTransaction<Answer>(
  pool: Pool,
  begin: string,
  work: (connection: Connection) => Promise<Answer>,
  endOf: (answer: Answer) => 'commit' | 'rollback' = () => 'commit',
): Promise<Answer> {
  const connection = await pool.connect();
  try {
    await connection.query(begin);
    const answer = await work(connection);
    await connection.query(endOf(answer));
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
