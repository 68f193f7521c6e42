// Routes of a teammate's own account: sign out, sessions, password. And, for owners, invitations.

import { newSessionToken, sha256Hex } from '../../../base/random.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { endOtherSessions, endSession } from '../../../commands/end-sessions.ts';
import { inviteTeammate } from '../../../commands/invite-teammate.ts';
import { changePassword } from '../../../commands/set-password.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import { findAccount, findPasswordHash } from '../../../store/accounts/credentials.ts';
import { listSessions } from '../../../store/accounts/sessions.ts';
import {
  attemptKeys,
  countAttempt,
  forgetAttempts,
} from '../../../store/accounts/sign-in-attempts.ts';
import { callerNetwork } from '../../server/client-address.ts';
import { commandContextOf } from '../../server/command-context.ts';
import type { AuthenticatedCall, SessionRoute } from '../../server/route.ts';
import { setSessionToken } from '../session-cookie.ts';
import {
  type ChangePasswordBody,
  changePasswordBody,
  ended,
  type InviteBody,
  inviteBody,
  madeLink,
  sessionList,
  signedIn,
} from './schema.ts';
import { isWeak, presentSignedIn } from './sign-in-routes.ts';

const common = { access: 'session', role: 'viewer' } as const;

export const sessionRoutes: readonly SessionRoute[] = [
  {
    ...common,
    method: 'GET',
    path: '/parley/v1/app/session',
    summary: 'Show who is signed in',
    response: signedIn,
    async handle(call) {
      const { workspaceId, adminId } = call.principal;
      const account = await findAccount(call.dependencies.accounts.pool, workspaceId, adminId);
      return account === null ? fail(apiError('signInNeeded')) : ok(presentSignedIn(account));
    },
  },
  {
    ...common,
    method: 'POST',
    path: '/parley/v1/app/sign-out',
    summary: 'End this session',
    response: null,
    async handle(call) {
      const { adminId } = call.principal;
      const result = await endSession(commandContextOf(call), adminId, sessionOf(call));
      setSessionToken(call.reply, call.dependencies.accounts, null);
      // Already ended, by a concurrent request: as wanted.
      return result.ok || result.error.status === 404 ? ok(null) : result;
    },
  },
  {
    ...common,
    method: 'GET',
    path: '/parley/v1/app/sessions',
    summary: 'List where I am signed in',
    response: sessionList,
    async handle(call) {
      const { workspaceId, adminId } = call.principal;
      const { pool } = call.dependencies.accounts;
      const sessions = await listSessions(pool, workspaceId, adminId);
      return ok({
        data: sessions.map(({ id, source, userAgent, createdAt, lastUsedAt }) => ({
          id: String(id),
          is_this: id === sessionOf(call),
          source,
          user_agent: userAgent,
          created_at: createdAt,
          last_used_at: lastUsedAt,
        })),
      });
    },
  },
  {
    ...common,
    method: 'DELETE',
    path: '/parley/v1/app/sessions/:id',
    summary: 'End one of my sessions',
    response: null,
    handle(call) {
      const { id } = call.request.params as { id: string };
      return endSession(commandContextOf(call), call.principal.adminId, readId(id));
    },
  },
  {
    ...common,
    method: 'DELETE',
    path: '/parley/v1/app/sessions',
    summary: 'End all my sessions except this one',
    response: ended,
    async handle(call) {
      const { adminId } = call.principal;
      const count = await endOtherSessions(commandContextOf(call), adminId, sessionOf(call));
      return count.ok ? ok({ ended: count.value }) : count;
    },
  },
  {
    ...common,
    method: 'POST',
    path: '/parley/v1/app/password',
    summary: 'Change my password',
    takesNoKey: true,
    body: changePasswordBody,
    response: null,
    handle: setOwnPassword,
  },
  {
    access: 'session',
    role: 'owner',
    isSensitive: true,
    method: 'POST',
    path: '/parley/v1/app/invites',
    summary: 'Invite a teammate',
    takesNoKey: true,
    body: inviteBody,
    response: madeLink,
    handle: invite,
  },
];

/** The session of a call. */
function sessionOf({ principal }: AuthenticatedCall): number {
  if (principal.sessionId === undefined) throw new Error('a session route has a session');
  return principal.sessionId;
}

async function setOwnPassword(call: AuthenticatedCall): Promise<Result<null, ContractError>> {
  const { request, reply, principal, dependencies } = call;
  const { pool, passwords } = dependencies.accounts;
  const { current_password: current, password } = call.body as ChangePasswordBody;
  const { workspaceId, adminId } = principal;
  const admin = (await dependencies.setups.get(workspaceId)).admins.get(adminId);
  const email = admin?.email ?? '';
  const keys = attemptKeys(email, callerNetwork(request.clientAddress));
  const waitSeconds = await countAttempt(pool, keys);
  if (waitSeconds > 0) {
    reply.header('Retry-After', String(waitSeconds));
    return fail(apiError('signInsTooMany'));
  }
  const stored = await findPasswordHash(pool, workspaceId, adminId);
  if (!(await passwords.matches(current, stored))) {
    // Not 401, which would mean that the session has ended.
    const words = 'The current password is wrong';
    return fail(apiError('parameterInvalid', 'current_password', words));
  }
  await forgetAttempts(pool, keys);
  if (isWeak(password, [email, current])) return fail(apiError('passwordWeak', 'password'));
  const hash = await passwords.hash(password);
  return changePassword(commandContextOf(call), adminId, hash, sessionOf(call));
}

async function invite(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { email, name, role } = call.body as InviteBody;
  const wanted = { email: cleanText(email), name: cleanText(name ?? email), role };
  const code = newSessionToken();
  const invited = await inviteTeammate(commandContextOf(call), wanted, sha256Hex(code));
  if (!invited.ok) return invited;
  call.dependencies.setups.drop(call.principal.workspaceId);
  const { adminId, expiresAt } = invited.value;
  return ok({ admin_id: String(adminId), path: `/app/invite/${code}`, expires_at: expiresAt });
}
