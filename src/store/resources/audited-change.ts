// Makes a change of the configuration and its audit entries one transaction. For the command line, whose changes run on
// a pool that sees all workspaces.

import type { AuditActor, AuditEntry } from '../../core/model/audit.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { inTransaction } from '../sql/transaction.ts';
import { addAuditEntry } from './audit-log.ts';

/** The entries of a change, in its workspace. */
export type Audited<Value> = {
  readonly value: Value;
  readonly workspaceId: number;
  readonly entries: readonly Omit<AuditEntry, 'actor'>[];
};

/**
 * Runs a change and writes its entries, all or nothing.
 * @param pool a pool for the purpose `admin`.
 * @param change gets a pool of the one connection of the transaction.
 */
export const changeAudited = <Value>(
  pool: Pool,
  actor: AuditActor,
  change: (pool: Pool) => Promise<Audited<Value>>,
): Promise<Value> =>
  inTransaction(pool, 'begin', async (connection) => {
    const { value, workspaceId, entries } = await change(lend(connection));
    for (const entry of entries) await addAuditEntry(connection, workspaceId, { ...entry, actor });
    return value;
  });

/** A pool of one connection that is not given back: statements on it are part of its transaction. */
function lend(connection: Connection): Pool {
  const lent = {
    query: connection.query.bind(connection),
    release: () => {},
  } as unknown as Connection;
  return { connect: async () => lent, query: lent.query } as unknown as Pool;
}
