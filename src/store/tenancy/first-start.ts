// Creates in a new database all that the first request needs: a workspace, its admin, a channel and its token.

import { newAccessToken, sha256Hex } from '../../base/random.ts';
import { type AuditEntry, startingServer } from '../../core/model/audit.ts';
import { type Scope, usualScopes } from '../../core/model/rights.ts';
import type { Pool } from '../../database/pool.ts';
import { changeAudited } from '../resources/audited-change.ts';
import { findPrincipals, installToken, listTokens } from './access.ts';
import {
  createChannel,
  createWorkspace,
  findChannel,
  findWorkspace,
  firstAdmin,
} from './workspaces.ts';

export const defaultName = 'default';

/** Returns the default admin of a new workspace. */
export const firstAdminOf = (workspace: string): { name: string; email: string } => ({
  name: 'Admin',
  email: `admin@${hostNameFrom(workspace)}.invalid`,
});

/** Makes a name part of a host name: lower-case ASCII letters, digits and hyphens. */
function hostNameFrom(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'workspace';
}

/** The channel and admin that a token acts for. */
export type TokenOwner = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly adminId: number;
};

/** Creates the default workspace, admin and channel if they are missing. */
export async function prepareDefaults(pool: Pool): Promise<TokenOwner> {
  const workspace =
    (await findWorkspace(pool, defaultName)) ??
    (await createWorkspace(pool, defaultName, firstAdminOf(defaultName), defaultName)) ??
    (await findWorkspace(pool, defaultName));
  const workspaceId = workspace!.id;
  const channel =
    (await findChannel(pool, workspaceId, defaultName)) ??
    (await createChannel(pool, workspaceId, defaultName)) ??
    (await findChannel(pool, workspaceId, defaultName));
  const admin = await firstAdmin(pool, workspaceId);
  return { workspaceId, channelId: channel!.id, adminId: admin.id };
}

/** The name of the token from PARLEY_BOOTSTRAP_TOKEN. */
const givenName = 'PARLEY_BOOTSTRAP_TOKEN';
const givenNames: readonly string[] = [givenName, 'PARLEY_TOKEN'];

/** The token of PARLEY_BOOTSTRAP_TOKEN belongs to another channel than the default one. */
class TokenTaken extends Error {
  override readonly name = 'TokenTaken';
}

/**
 * Installs PARLEY_BOOTSTRAP_TOKEN for the default channel.
 * @returns whether it was revoked, in which case it stays so; and the tokens that earlier values of the setting
 *   installed and that are still valid.
 * @throws TokenTaken if the token was issued for another channel.
 */
export async function installGivenToken(
  pool: Pool,
  token: string,
  owner: TokenOwner,
): Promise<{ readonly isRevoked: boolean; readonly earlierTokenIds: readonly number[] }> {
  const installed = await installAudited(pool, fingerprint(token, givenName), owner);
  if (installed.workspaceId !== owner.workspaceId || installed.channelId !== owner.channelId) {
    throw new TokenTaken(
      `PARLEY_BOOTSTRAP_TOKEN is token ${installed.id}, which was issued for another channel than "${defaultName}": ` +
        'choose another token, or leave PARLEY_BOOTSTRAP_TOKEN unset.',
    );
  }
  const earlierTokenIds = (await listTokens(pool))
    .filter(
      ({ name, revokedAt, id }) =>
        givenNames.includes(name) && revokedAt === null && id !== installed.id,
    )
    .map(({ id }) => id);
  return { isRevoked: installed.isRevoked, earlierTokenIds };
}

/** The token of PARLEY_TOKEN is not valid on this server. */
class UnknownAppToken extends Error {
  override readonly name = 'UnknownAppToken';

  constructor() {
    super(
      'PARLEY_TOKEN is set, and no channel of this database has such a token. It is what an app shows to a server. ' +
        'If this server is to accept it, set PARLEY_BOOTSTRAP_TOKEN to it; if it is meant for another server, leave ' +
        'PARLEY_TOKEN unset here.',
    );
  }
}

/**
 * Checks that the app's own token, if it is in the environment of this server too, is valid.
 * @throws UnknownAppToken: perhaps it was meant to be installed, or belongs to another server.
 */
export async function checkAppToken(pool: Pool, token: string): Promise<void> {
  const found = await findPrincipals(pool, [sha256Hex(token)]);
  if (found.size === 0) throw new UnknownAppToken();
}

/** Issues the first token. @returns it, to be shown once; null if any was ever issued. */
export async function issueFirstToken(pool: Pool, owner: TokenOwner): Promise<string | null> {
  if ((await listTokens(pool)).length > 0) return null;
  const token = newAccessToken();
  await installAudited(pool, fingerprint(token, 'first start'), owner);
  return token;
}

/** Installs a token of the default channel, with an entry in the audit log if it is new. */
const installAudited = (pool: Pool, token: ReturnType<typeof fingerprint>, owner: TokenOwner) =>
  changeAudited(pool, startingServer, async (connected) => {
    const value = await installToken(connected, token, owner);
    const { name } = token;
    const { channel: scopes } = usualScopes;
    const created = { name, channel: defaultName, adminId: owner.adminId, scopes };
    return {
      value,
      workspaceId: owner.workspaceId,
      entries: value.isNew ? [tokenCreated(value.id, created)] : [],
    };
  });

/** The entry of a new token in the audit log. */
export const tokenCreated = (
  id: number,
  token: {
    readonly name: string;
    readonly channel: string | null;
    readonly adminId: number;
    readonly scopes: readonly Scope[];
  },
): Omit<AuditEntry, 'actor'> => ({
  action: 'token.created',
  object: { type: 'token', id: String(id) },
  relatedId: null,
  after: {
    name: token.name,
    channel: token.channel,
    admin_id: String(token.adminId),
    scopes: token.scopes,
  },
});

/** Returns the fields of a token that are stored. */
export const fingerprint = (token: string, name: string) => ({
  hash: sha256Hex(token),
  hint: token.slice(-4),
  name,
});
