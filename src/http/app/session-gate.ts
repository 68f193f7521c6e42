// Finds the teammate of a request of the web app by its cookie, and replaces the token of a session that is due.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { newSessionToken, sha256Hex } from '../../base/random.ts';
import type { Scope } from '../../core/model/rights.ts';
import {
  type FoundSession,
  findSession,
  noteSessionUse,
  rotateSession,
} from '../../store/accounts/sessions.ts';
import type { Caller } from '../../store/tenancy/access.ts';
import type { Accounts } from '../server/route.ts';
import { readSessionToken, setSessionToken } from './session-cookie.ts';

/** The role alone decides what a teammate may do. */
const scopes: readonly Scope[] = ['read', 'write', 'manage'];

export type SignedIn = Caller & { readonly sessionId: number; readonly signedInAt: number };

/** Finds the teammate; null: not signed in. @throws when the database is unavailable. */
export async function findSignedIn(
  request: FastifyRequest,
  reply: FastifyReply,
  accounts: Accounts,
): Promise<SignedIn | null> {
  const token = readSessionToken(request, accounts);
  if (token === null) return null;
  const tokenHash = sha256Hex(token);
  const session = await findSession(accounts.pool, tokenHash);
  if (session === null) return null;
  if (session.isUseDue) await noteSessionUse(accounts.pool, session, tokenHash);
  if (session.isRotationDue) await rotate(session, tokenHash, reply, accounts);
  const { id: sessionId, workspaceId, adminId, role, createdAt: signedInAt } = session;
  const caller = { tokenId: null, workspaceId, adminId, channel: null, scopes, role };
  return { ...caller, sessionId, signedInAt };
}

async function rotate(
  session: FoundSession,
  tokenHash: string,
  reply: FastifyReply,
  accounts: Accounts,
): Promise<void> {
  const token = newSessionToken();
  const isMine = await rotateSession(accounts.pool, session, tokenHash, sha256Hex(token));
  // Another request of the same browser was first, and its response has the new token.
  if (isMine) setSessionToken(reply, accounts, token);
}
