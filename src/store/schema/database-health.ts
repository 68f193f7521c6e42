// Reads for `parley doctor` what the database reports of itself: role, row-level security, durability, connections.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type DatabaseHealth = {
  readonly role: string;
  /** Whether the role bypasses row-level security. */
  readonly isUnbound: boolean;
  /** Tables of the schema whose row-level security is not both enabled and forced. */
  readonly openTables: readonly string[];
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
  /** Connections that ordinary roles may open, without the reserved ones. */
  readonly connectionsMax: number;
  /** How many of them are free, within the limits of the role and the database. */
  readonly connectionsFree: number;
  readonly activeTokenCount: number;
};

/** Tables that belong to no workspace. */
const TABLES_OF_NOBODY = ['schema_migrations'];

/**
 * Reads the health of a migrated database.
 * @param pool a pool for the purpose `admin`.
 */
export async function readHealth(pool: Pool): Promise<DatabaseHealth> {
  const rows = await runStatement<DatabaseHealth>(pool, {
    text: `select current_user as role, r.rolsuper or r.rolbypassrls as "isUnbound",
        array(
          select relname::text from pg_class
          where relnamespace = to_regnamespace('parley') and relkind in ('r', 'p')
            and not (relrowsecurity and relforcerowsecurity) and relname <> all ($1)
          order by relname) as "openTables",
        current_setting('fsync') as fsync,
        current_setting('synchronous_commit') as "synchronousCommit",
        current_setting('full_page_writes') as "fullPageWrites",
        limits.total as "connectionsMax",
        least(
          limits.total - used.total,
          (select nullif(datconnlimit, -1) - used."inDatabase" from pg_database
            where datname = current_database()),
          (select nullif(rolconnlimit, -1) - used."byRole" from pg_roles
            where rolname = session_user)
        )::int as "connectionsFree",
        (select count(*)::int from access_tokens where revoked_at is null) as "activeTokenCount"
      from pg_roles r
        cross join (
          select current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            -- Since PostgreSQL 16.
            - coalesce(current_setting('reserved_connections', true), '0')::int as total
        ) as limits
        cross join (
          select count(*) as total,
            count(*) filter (where datname = current_database()) as "inDatabase",
            count(*) filter (where usename = session_user) as "byRole"
          from pg_stat_activity
          -- Of other roles' connections only the owner is shown, not the type.
          where usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'
        ) as used
      where r.rolname = current_user`,
    values: [TABLES_OF_NOBODY],
  });
  return rows[0]!;
}

/**
 * Whether a connection that names no workspace sees any rows: tests row-level security in effect.
 * @param pool a pool for the purpose `read`.
 */
export async function seesWithoutWorkspace(pool: Pool): Promise<boolean> {
  const rows = await runStatement<{ sees: boolean }>(pool, {
    text: `select exists (select from workspaces)
        or exists (select from access_tokens) or exists (select from conversations) as sees`,
  });
  return rows[0]!.sees;
}
