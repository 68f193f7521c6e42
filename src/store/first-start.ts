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

/**
 * Prepares the defaults and a token that opens them.
 * @param givenToken PARLEY_TOKEN: installed for the default channel if set.
 * @returns a token generated now, to be shown once: only when none was given and none was ever issued.
 */
export async function prepareFirstStart(
  pool: Pool,
  givenToken: string | undefined,
): Promise<{ readonly newToken: string | null }> {
  const owner = await prepareDefaults(pool);
  if (givenToken !== undefined) {
    await installToken(pool, fingerprint(givenToken, 'PARLEY_TOKEN'), owner);
    return { newToken: null };
  }
  if ((await listTokens(pool)).length > 0) return { newToken: null };
  const newToken = newAccessToken();
  await installToken(pool, fingerprint(newToken, 'first start'), owner);
  return { newToken };
}

/** What is kept of a token. */
export const fingerprint = (token: string, name: string) => ({
  hash: sha256Hex(token),
  hint: token.slice(-4),
  name,
});
