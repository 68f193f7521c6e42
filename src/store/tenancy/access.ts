// Access tokens, and what each one identifies: its workspace, its teammate, its channel, and what they may do.

import type { Channel } from '../../core/model/model.ts';
import { type Role, type Scope, usualScopes } from '../../core/model/rights.ts';
import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** The identity behind a valid token. */
export type Principal = {
  readonly tokenId: number;
  readonly workspaceId: number;
  readonly adminId: number;
  /** Null for a token that acts for a teammate only; it never has the scope `events`. */
  readonly channel: Channel | null;
  readonly scopes: readonly Scope[];
  readonly role: Role;
};

/** Who makes a request: the principal of a token, or the teammate of a session. */
export type Caller = Omit<Principal, 'tokenId'> & {
  /** Null for a session. */
  readonly tokenId: number | null;
  /** The session of the web app; absent for a token. */
  readonly sessionId?: number;
};

/** The channel of a token with the scope `events`. */
export function channelOf({ channel }: Pick<Principal, 'channel'>): Channel {
  if (channel === null) throw new Error('a token with the scope events has a channel');
  return channel;
}

/** The columns of a channel `c` that the core's type has. */
export const channelColumns = `
  c.workspace_id as "workspaceId", c.id, c.name, c.is_enabled as "isEnabled",
  c.auto_create_conversation as "autoCreateConversation",
  c.require_user_identity as "requireUserIdentity", c.unknown_attribute as "unknownAttribute",
  c.strict_version as "strictVersion", c.has_buttons as "hasButtons", c.time_zone as "timeZone",
  c.allowed_origins as "allowedOrigins"`;

/**
 * Finds the principals of tokens by their hashes. Unknown and revoked tokens are missing from the result.
 * @param pool a pool that sees all workspaces: the token determines the workspace.
 * @param tokenHashes SHA-256, hex.
 */
export async function findPrincipals(
  pool: Pool,
  tokenHashes: readonly string[],
): Promise<Map<string, Principal>> {
  type Row = Channel & Omit<Principal, 'channel' | 'workspaceId'> & { readonly tokenHash: string };
  const rows = await runStatement<Row>(pool, {
    name: 'find_principals',
    text: `select asked.hash as "tokenHash", t.id as "tokenId", t.admin_id as "adminId",
        t.scopes, a.role, ${channelColumns}, t.workspace_id as "workspaceId"
      from unnest($1::text[]) as asked(hash)
      join access_tokens t on t.token_hash = decode(asked.hash, 'hex') and t.revoked_at is null
      join admins a on a.workspace_id = t.workspace_id and a.id = t.admin_id
        and (a.disabled_at is null or t.channel_id is not null)
      left join channels c on c.workspace_id = t.workspace_id and c.id = t.channel_id`,
    values: [tokenHashes],
  });
  return new Map(
    rows.map(({ tokenHash, tokenId, adminId, scopes, role, ...columns }) => {
      const channel = columns.id === null ? null : columns;
      const { workspaceId } = columns;
      return [tokenHash, { tokenId, adminId, workspaceId, channel, scopes, role }];
    }),
  );
}

/** Lists every origin that an enabled channel of any workspace allows. */
export async function findAllowedOrigins(pool: Pool): Promise<readonly string[]> {
  const rows = await runStatement<{ origin: string }>(pool, {
    name: 'find_allowed_origins',
    text: `select distinct origin from channels c, unnest(c.allowed_origins) as origin
      where c.is_enabled`,
    values: [],
  });
  return rows.map(({ origin }) => origin);
}

/** Lists the tokens of all workspaces. */
export const listTokens = (
  pool: Pool,
): Promise<{ readonly id: number; readonly name: string; readonly revokedAt: number | null }[]> =>
  runStatement(pool, {
    text: 'select id, name, revoked_at as "revokedAt" from access_tokens order by workspace_id, id',
  });

export type InstalledToken = {
  readonly id: number;
  readonly workspaceId: number;
  readonly channelId: number | null;
  readonly isRevoked: boolean;
  readonly isNew: boolean;
};

/**
 * Stores a token by its hash. A known one stays as it is, even if it is revoked.
 * @returns its id, its channel, whether it is revoked, and whether it is new.
 */
export async function installToken(
  pool: Pool,
  token: { readonly hash: string; readonly hint: string; readonly name: string },
  owner: {
    readonly workspaceId: number;
    readonly channelId: number;
    readonly adminId: number;
  },
): Promise<InstalledToken> {
  const rows = await runStatement<InstalledToken>(pool, {
    text: `insert into access_tokens
        (workspace_id, channel_id, admin_id, name, token_hash, token_hint, scopes)
      values ($1, $2, $3, $4, decode($5, 'hex'), $6, $7)
      on conflict (token_hash) do update set token_hint = excluded.token_hint
      returning id, workspace_id as "workspaceId", channel_id as "channelId",
        revoked_at is not null as "isRevoked", xmax = 0 as "isNew"`,
    values: [
      owner.workspaceId,
      owner.channelId,
      owner.adminId,
      token.name,
      token.hash,
      token.hint,
      usualScopes.channel,
    ],
  });
  return rows[0]!;
}

/** Records that tokens are used now, in the order of their keys, so that servers cannot deadlock. */
export async function noteTokenUses(
  pool: Pool,
  tokens: readonly { readonly workspaceId: number; readonly tokenId: number }[],
): Promise<void> {
  await runStatement(pool, {
    name: 'note_token_uses',
    text: `with used as materialized (
        select t.workspace_id, t.id from access_tokens t
        join unnest($1::bigint[], $2::bigint[]) as u(w, id) on t.workspace_id = u.w and t.id = u.id
        where t.last_used_at is null or t.last_used_at < now() - interval '50 seconds'
        order by t.workspace_id, t.id for update of t skip locked)
      update access_tokens t set last_used_at = now() from used
      where t.workspace_id = used.workspace_id and t.id = used.id`,
    values: [tokens.map(({ workspaceId }) => workspaceId), tokens.map(({ tokenId }) => tokenId)],
  });
}
