// Runs several statements as one transaction. A broken connection does not go back to the pool.

import { breaksConnection } from '../../database/failure.ts';
import type { Connection, Pool } from '../../database/pool.ts';

/**
 * Runs work in a transaction: all or nothing.
 * @param begin the statement that opens it, such as `begin read only`.
 * @param endOf chooses commit or rollback by the result of the work; a thrown error always rolls back.
 * @throws any error of the work, PostgreSQL or the connection.
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
