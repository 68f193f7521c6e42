// Reads and writes the passwords of teammates, as hashes. A sign-in names no workspace, so it looks in all of them.

import type { Role } from '../../core/model/rights.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** A teammate who may sign in. */
export type Account = {
  readonly workspaceId: number;
  readonly workspace: string;
  readonly adminId: number;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly passwordHash: string;
};

/** The accounts of one e-mail that a sign-in tries. */
const ACCOUNTS_MAX = 3;

/**
 * Finds the accounts with an e-mail, in any case; disabled ones and those without a password are missing.
 * @param pool a pool that sees all workspaces.
 * @param workspace the name of the only workspace to look in; null: all.
 */
export const findAccounts = (
  pool: Pool,
  email: string,
  workspace: string | null,
): Promise<Account[]> =>
  runStatement<Account>(pool, {
    name: 'find_accounts',
    text: `select a.workspace_id as "workspaceId", w.name as workspace, a.id as "adminId", a.name, a.email, a.role,
        c.password_hash as "passwordHash"
      from admins a
      join credentials c on c.workspace_id = a.workspace_id and c.admin_id = a.id
      join workspaces w on w.id = a.workspace_id
      where lower(a.email) = lower($1) and a.disabled_at is null and ($2::text is null or w.name = $2)
      order by a.workspace_id, a.id limit ${ACCOUNTS_MAX}`,
    values: [email, workspace],
  });

/** Finds the account of a teammate. @param pool a pool that sees all workspaces. */
export async function findAccount(
  pool: Pool,
  workspaceId: number,
  adminId: number,
): Promise<Omit<Account, 'passwordHash'> | null> {
  const rows = await runStatement<Omit<Account, 'passwordHash'>>(pool, {
    name: 'find_account',
    text: `select a.workspace_id as "workspaceId", w.name as workspace, a.id as "adminId", a.name, a.email, a.role
      from admins a join workspaces w on w.id = a.workspace_id
      where a.workspace_id = $1 and a.id = $2`,
    values: [workspaceId, adminId],
  });
  return rows[0] ?? null;
}

/** Whether a workspace has an owner who can sign in. */
export async function hasOwnerWithPassword(pool: Pool, workspaceId: number): Promise<boolean> {
  const rows = await runStatement(pool, {
    text: `select from credentials c
      join admins a on a.workspace_id = c.workspace_id and a.id = c.admin_id
      where c.workspace_id = $1 and a.role = 'owner' and a.disabled_at is null limit 1`,
    values: [workspaceId],
  });
  return rows.length > 0;
}

/** Finds the hash of a teammate's password; null: there is none. @param pool a pool that sees all workspaces. */
export async function findPasswordHash(
  pool: Pool,
  workspaceId: number,
  adminId: number,
): Promise<string | null> {
  const rows = await runStatement<{ hash: string }>(pool, {
    name: 'find_password_hash',
    text: `select password_hash as hash from credentials where workspace_id = $1 and admin_id = $2`,
    values: [workspaceId, adminId],
  });
  return rows[0]?.hash ?? null;
}

export async function savePasswordHash(
  connection: Connection,
  workspaceId: number,
  adminId: number,
  hash: string,
): Promise<void> {
  await connection.query({
    name: 'save_password_hash',
    text: `insert into credentials (workspace_id, admin_id, password_hash) values ($1, $2, $3)
      on conflict (workspace_id, admin_id) do update set password_hash = excluded.password_hash, changed_at = now()`,
    values: [workspaceId, adminId, hash],
  });
}
