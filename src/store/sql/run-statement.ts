// Runs one statement on one connection of a pool. A broken connection does not go back to the pool.

import type { QueryConfig, QueryResultRow } from 'pg';
import { breaksConnection } from '../../database/failure.ts';
import type { Pool } from '../../database/pool.ts';

/**
 * Runs a statement that is a transaction by itself.
 * @throws any error of PostgreSQL or the connection; database/failure.ts classifies it.
 */
export async function runStatement<Row extends QueryResultRow>(
  pool: Pool,
  statement: QueryConfig,
): Promise<Row[]> {
  const connection = await pool.connect();
  try {
    const result = await connection.query<Row>(statement);
    connection.release();
    return result.rows;
  } catch (error) {
    // pg's own pool.query discards the connection after every error, even after a write conflict.
    connection.release(breaksConnection(error) ? (error as Error) : undefined);
    throw error;
  }
}
