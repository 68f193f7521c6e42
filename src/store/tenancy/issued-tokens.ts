// The access tokens of a workspace, as an operator lists, creates and revokes them. Stores only their hashes.

import type { Role, Scope } from '../../core/model/rights.ts';
import type { Connection } from '../../database/pool.ts';

export type IssuedToken = {
  readonly id: number;
  readonly workspace: string;
  /** Null: it acts for the admin only. */
  readonly channel: string | null;
  /** The e-mail address of the admin that it acts for. */
  readonly admin: string;
  readonly scopes: readonly Scope[];
  readonly name: string;
  /** The last four characters of the token. */
  readonly hint: string;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  /** The time to the minute; null: not used since Parley began to record it. */
  readonly lastUsedAt: number | null;
};

const issuedSql = `
  select t.id, w.name as workspace, c.name as channel, a.email as admin, t.scopes, t.name,
    t.token_hint as hint, t.created_at as "createdAt", t.revoked_at as "revokedAt",
    t.last_used_at as "lastUsedAt"
  from access_tokens t
  join workspaces w on w.id = t.workspace_id
  join admins a on a.workspace_id = t.workspace_id and a.id = t.admin_id
  left join channels c on c.workspace_id = t.workspace_id and c.id = t.channel_id
  where t.workspace_id = $1 and ($2::bigint is null or t.id = $2)
  order by t.id`;

/** Lists the tokens of a workspace, including revoked ones. */
export async function listIssuedTokens(
  connection: Connection,
  workspaceId: number,
): Promise<IssuedToken[]> {
  return (await connection.query<IssuedToken>(issuedSql, [workspaceId, null])).rows;
}

export async function findIssuedToken(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<IssuedToken | null> {
  const { rows } = await connection.query<IssuedToken>(issuedSql, [workspaceId, id]);
  return rows[0] ?? null;
}

/** Inserts a token. @returns its id. */
export async function insertToken(
  connection: Connection,
  workspaceId: number,
  token: {
    readonly hash: string;
    readonly hint: string;
    readonly name: string;
    readonly channelId: number | null;
    readonly adminId: number;
    readonly scopes: readonly Scope[];
  },
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>(
    `insert into access_tokens
        (workspace_id, channel_id, admin_id, name, token_hash, token_hint, scopes)
      values ($1, $2, $3, $4, decode($5, 'hex'), $6, $7) returning id`,
    [
      ...[workspaceId, token.channelId, token.adminId, token.name],
      ...[token.hash, token.hint, token.scopes],
    ],
  );
  return rows[0]!.id;
}

/** Revokes a token that is not revoked. @returns whether there was one. */
export async function revokeIssuedToken(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `update access_tokens set revoked_at = now()
      where workspace_id = $1 and id = $2 and revoked_at is null`,
    [workspaceId, id],
  );
  return rowCount === 1;
}

export type TokenAdmin = { readonly id: number; readonly email: string; readonly role: Role };

/** Finds an admin by the e-mail address, in any case; without one, the oldest admin of the workspace. */
export async function findTokenAdmin(
  connection: Connection,
  workspaceId: number,
  email: string | null,
): Promise<TokenAdmin | null> {
  const { rows } = await connection.query<TokenAdmin>(
    `select id, email, role from admins
      where workspace_id = $1 and ($2::text is null or lower(email) = lower($2)) order by id limit 1`,
    [workspaceId, email],
  );
  return rows[0] ?? null;
}
