// One-time links with which a teammate sets a password: for the first owner of a new server, for an invited teammate,
// for one who forgot it. Only the hash of the code is stored.

import type { Role } from '../../core/model/rights.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type LinkPurpose = 'setup' | 'invite' | 'reset';

/** How long each kind of link is valid. */
const validFor: Readonly<Record<LinkPurpose, string>> = {
  setup: '15 minutes',
  invite: '7 days',
  reset: '24 hours',
};

export type AccountLink = {
  readonly id: number;
  readonly workspaceId: number;
  readonly workspace: string;
  readonly adminId: number;
  readonly purpose: LinkPurpose;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly expiresAt: number;
};

/** Stores a link. @returns when it expires. */
export async function insertLink(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  link: { readonly adminId: number; readonly purpose: LinkPurpose; readonly codeHash: string },
): Promise<number> {
  const { rows } = await connection.query<{ expiresAt: number }>({
    name: 'insert_account_link',
    text: `insert into account_links (workspace_id, admin_id, purpose, code_hash, expires_at)
      values ($1, $2, $3, decode($4, 'hex'), now() + $5::interval) returning expires_at as "expiresAt"`,
    values: [workspaceId, link.adminId, link.purpose, link.codeHash, validFor[link.purpose]],
  });
  return rows[0]!.expiresAt;
}

/**
 * Finds a link that can still be used.
 * @param pool a pool that sees all workspaces: the code determines the workspace.
 */
export async function findLink(pool: Pool, codeHash: string): Promise<AccountLink | null> {
  const rows = await runStatement<AccountLink>(pool, {
    name: 'find_account_link',
    text: `select l.id, l.workspace_id as "workspaceId", w.name as workspace, l.admin_id as "adminId", l.purpose,
        a.name, a.email, a.role, l.expires_at as "expiresAt"
      from account_links l
      join admins a on a.workspace_id = l.workspace_id and a.id = l.admin_id
      join workspaces w on w.id = l.workspace_id
      where l.code_hash = decode($1, 'hex') and l.used_at is null and l.expires_at > now()
        and a.disabled_at is null`,
    values: [codeHash],
  });
  return rows[0] ?? null;
}

/** Uses a link up, as part of the connection's transaction. @returns false if it was used or has expired meanwhile. */
export async function takeLink(
  connection: Connection,
  { workspaceId, id }: Pick<AccountLink, 'workspaceId' | 'id'>,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'take_account_link',
    text: `update account_links set used_at = now()
      where workspace_id = $1 and id = $2 and used_at is null and expires_at > now()`,
    values: [workspaceId, id],
  });
  return rowCount === 1;
}

/** Makes the other links of a teammate unusable; with the first owner, those of the workspace's setup too. */
export async function voidLinks(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  adminId: number,
): Promise<void> {
  await connection.query({
    name: 'void_account_links',
    text: `update account_links set expires_at = now()
      where workspace_id = $1 and (admin_id = $2 or purpose = 'setup') and used_at is null and expires_at > now()`,
    values: [workspaceId, adminId],
  });
}

/** Removes links that expired long ago. @param pool a pool that sees all workspaces. @returns how many. */
export async function removeOldLinks(pool: Pool, linksMax: number): Promise<number> {
  const rows = await runStatement<{ count: number }>(pool, {
    name: 'remove_old_account_links',
    text: `with old as materialized (
        select workspace_id, id from account_links where expires_at < now() - interval '30 days'
        order by expires_at limit $1 for update skip locked),
      removed as (
        delete from account_links l using old where l.workspace_id = old.workspace_id and l.id = old.id returning 1)
      select count(*) as count from removed`,
    values: [linksMax],
  });
  return rows[0]!.count;
}
