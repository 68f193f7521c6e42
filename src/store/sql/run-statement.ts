// Runs one statement on one connection of a pool, and gives the connection back in the state it is in.

import type { QueryConfig, QueryResultRow } from 'pg';
import { breaksConnection } from '../../database/failure.ts';
import type { Pool } from '../../database/pool.ts';

/**
 * Runs a statement that is a transaction by itself.
 * @throws whatever PostgreSQL or the connection says; database/failure.ts sorts it.
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
    // pg's own pool.query throws the connection away after every error, a write conflict included.
    connection.release(breaksConnection(error) ? (error as Error) : undefined);
    throw error;
  }
}
