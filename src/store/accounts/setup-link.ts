// The one-time link with which the first owner of a new server sets a password.

import { newSessionToken, sha256Hex } from '../../base/random.ts';
import type { Pool } from '../../database/pool.ts';
import { inTransaction } from '../sql/transaction.ts';
import { insertLink } from './account-links.ts';
import { hasOwnerWithPassword } from './credentials.ts';
import { findFirstOwner } from './teammates.ts';

/**
 * Makes the link.
 * @param pool a pool that sees all workspaces.
 * @returns its code, to be shown once; null if an owner can sign in already.
 */
export async function makeSetupLink(pool: Pool, workspaceId: number): Promise<string | null> {
  if (await hasOwnerWithPassword(pool, workspaceId)) return null;
  const code = newSessionToken();
  return inTransaction(pool, 'begin', async (connection) => {
    const owner = await findFirstOwner(connection, workspaceId);
    if (owner === null) return null;
    const link = { adminId: owner.id, purpose: 'setup', codeHash: sha256Hex(code) } as const;
    await insertLink(connection, workspaceId, link);
    return code;
  });
}
