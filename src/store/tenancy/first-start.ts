// What a fresh database gets, so that the first request can be made at once: a workspace, its admin, a channel, and a
// token that opens it.

import { newAccessToken, sha256Hex } from '../../base/random.ts';
import type { Pool } from '../../database/pool.ts';
import { findPrincipals, installToken, listTokens } from './access.ts';
import {
  createChannel,
  createWorkspace,
  findChannel,
  findWorkspace,
  firstAdmin,
} from './workspaces.ts';

export const defaultName = 'default';

/** The default admin of a new workspace. */
export const firstAdminOf = (workspace: string): { name: string; email: string } => ({
  name: 'Admin',
  email: `admin@${hostNameFrom(workspace)}.invalid`,
});

/** A name that may be part of a URL: lower-case ASCII letters, digits and hyphens. */
function hostNameFrom(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'workspace';
}

/** Whom a token acts for. */
export type TokenOwner = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly adminId: number;
};

/** Makes sure that the default workspace, admin and channel exist. */
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

/** The name under which PARLEY_BOOTSTRAP_TOKEN is kept; before, the setting had the app's name for its token. */
const givenName = 'PARLEY_BOOTSTRAP_TOKEN';
const givenNames: readonly string[] = [givenName, 'PARLEY_TOKEN'];

/** PARLEY_BOOTSTRAP_TOKEN belongs to another channel than the default one. */
export class TokenTaken extends Error {
  override readonly name = 'TokenTaken';
}

/**
 * Installs PARLEY_BOOTSTRAP_TOKEN for the default channel.
 * @returns whether it was revoked, in which case it stays so; and the tokens that an earlier one installed, and that
 *   still open the channel.
 * @throws TokenTaken when the token was issued for another channel.
 */
export async function installGivenToken(
  pool: Pool,
  token: string,
  owner: TokenOwner,
): Promise<{ readonly isRevoked: boolean; readonly earlierTokenIds: readonly number[] }> {
  const installed = await installToken(pool, fingerprint(token, givenName), owner);
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

/** PARLEY_TOKEN opens nothing here. */
export class UnknownAppToken extends Error {
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
 * Looks whether the app's own token, which is in the environment of this server too, is one that it accepts.
 * @throws UnknownAppToken: it may have been meant to be installed, or be that of another server.
 */
export async function checkAppToken(pool: Pool, token: string): Promise<void> {
  const found = await findPrincipals(pool, [sha256Hex(token)]);
  if (found.size === 0) throw new UnknownAppToken();
}

/** Makes the first token of all. @returns it, to be shown once; null if one was ever issued. */
export async function issueFirstToken(pool: Pool, owner: TokenOwner): Promise<string | null> {
  if ((await listTokens(pool)).length > 0) return null;
  const token = newAccessToken();
  await installToken(pool, fingerprint(token, 'first start'), owner);
  return token;
}

/** What is kept of a token. */
export const fingerprint = (token: string, name: string) => ({
  hash: sha256Hex(token),
  hint: token.slice(-4),
  name,
});
