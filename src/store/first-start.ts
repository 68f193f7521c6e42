// What a fresh database gets, so that the first request can be made at once: a workspace, its admin, a channel, and a
// token that opens it.

import { newAccessToken, sha256Hex } from '../base/random.ts';
import type { Pool } from '../database/pool.ts';
import { installToken, listTokens } from './access.ts';
import {
  createChannel,
  createWorkspace,
  findChannel,
  findWorkspace,
  firstAdmin,
} from './workspaces.ts';

export const defaultName = 'default';

/** The admin of a new workspace, when nobody says who it is. */
export const firstAdminOf = (workspace: string): { name: string; email: string } => ({
  name: 'Admin',
  email: `admin@${hostNameFrom(workspace)}.invalid`,
});

/** Something that may stand in an address: lower-case ASCII letters, digits and hyphens. */
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

/** The name under which PARLEY_TOKEN is kept. */
const givenName = 'PARLEY_TOKEN';

export type FirstStart = {
  /** A token generated now, to be shown once: only when none was given and none was ever issued. */
  readonly newToken: string | null;
  /** Tokens that an earlier PARLEY_TOKEN installed, and that still open the channel. */
  readonly earlierTokenIds: readonly number[];
};

/**
 * Prepares the defaults and a token that opens them.
 * @param givenToken PARLEY_TOKEN: installed for the default channel if set.
 */
export async function prepareFirstStart(
  pool: Pool,
  givenToken: string | undefined,
): Promise<FirstStart> {
  const owner = await prepareDefaults(pool);
  if (givenToken !== undefined) {
    const id = await installToken(pool, fingerprint(givenToken, givenName), owner);
    const earlierTokenIds = (await listTokens(pool))
      .filter((token) => token.name === givenName && token.revokedAt === null && token.id !== id)
      .map((token) => token.id);
    return { newToken: null, earlierTokenIds };
  }
  if ((await listTokens(pool)).length > 0) return { newToken: null, earlierTokenIds: [] };
  const newToken = newAccessToken();
  await installToken(pool, fingerprint(newToken, 'first start'), owner);
  return { newToken, earlierTokenIds: [] };
}

/** What is kept of a token. */
export const fingerprint = (token: string, name: string) => ({
  hash: sha256Hex(token),
  hint: token.slice(-4),
  name,
});
