// Runs several statements as one transaction. A broken connection does not go back to the pool.

import { breaksConnection } from '../../database/failure.ts';
import type { Connection, Pool } from '../../database/pool.ts';

/**
 * Runs work in a transaction: all or nothing.
 * @param begin the statement that opens it, such as `begin read only`.
 * @param endOf chooses commit or rollback by the result of the work; a thrown error always rolls back.
 * @throws any error of the work, PostgreSQL or the connection.
 */
export async function inTransaction<Value>(
  pool: Pool,
  begin: string,
  work: (connection: Connection) => Promise<Value>,
  endOf: (value: Value) => 'commit' | 'rollback' = () => 'commit',
): Promise<Value> {
  const connection = await pool.connect();
  try {
    await connection.query(begin);
    const value = await work(connection);
    await connection.query(endOf(value));
    connection.release();
    return value;
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
