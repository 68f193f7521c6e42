// Routes for visitors: sign in, and use the one-time link of a set-up, an invitation or a forgotten password.

import { newSessionToken, sha256Hex } from '../../../base/random.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { isGuessable } from '../../../base/secret-strength.ts';
import { useAccountLink } from '../../../commands/set-password.ts';
import { startSession } from '../../../commands/start-session.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import { findLink } from '../../../store/accounts/account-links.ts';
import { type Account, findAccounts } from '../../../store/accounts/credentials.ts';
import type { SessionOrigin } from '../../../store/accounts/sessions.ts';
import {
  attemptKeys,
  countAttempt,
  forgetAttempts,
} from '../../../store/accounts/sign-in-attempts.ts';
import { callerNetwork } from '../../server/client-address.ts';
import type { Call, GuestRoute } from '../../server/route.ts';
import { setSessionToken } from '../session-cookie.ts';
import {
  type CheckLinkBody,
  checkLinkBody,
  link,
  type SignInBody,
  signedIn,
  signInBody,
  type UseLinkBody,
  useLinkBody,
} from './schema.ts';

const USER_AGENT_CHARACTERS_MAX = 200;

export const signInRoutes: readonly GuestRoute[] = [
  {
    access: 'guest',
    method: 'POST',
    path: '/parley/v1/app/sign-in',
    summary: 'Sign in with e-mail and password',
    body: signInBody,
    response: signedIn,
    handle: signIn,
  },
  {
    access: 'guest',
    method: 'POST',
    path: '/parley/v1/app/links/check',
    summary: 'Show what a one-time link is for',
    changesNothing: true,
    body: checkLinkBody,
    response: link,
    async handle({ dependencies, body }) {
      const { code } = body as CheckLinkBody;
      const found = await findLink(dependencies.accounts.pool, sha256Hex(code));
      if (found === null) return fail(apiError('linkInvalid', 'code'));
      const { purpose, workspace, name, email, role, expiresAt } = found;
      return ok({ purpose, workspace, name, email, role, expires_at: expiresAt });
    },
  },
  {
    access: 'guest',
    method: 'POST',
    path: '/parley/v1/app/links/use',
    summary: 'Set a password with a one-time link, and sign in',
    body: useLinkBody,
    response: signedIn,
    handle: useLink,
  },
];

type GuestCall = Call & { readonly body: unknown };
type Answer = Result<object, ContractError>;

async function signIn(call: GuestCall): Promise<Answer> {
  const { request, reply, dependencies } = call;
  const { pool } = dependencies.accounts;
  const { email, password, workspace } = call.body as SignInBody;
  const keys = attemptKeys(cleanText(email), callerNetwork(request.clientAddress));
  const waitSeconds = await countAttempt(pool, keys);
  if (waitSeconds > 0) {
    reply.header('Retry-After', String(waitSeconds));
    return fail(apiError('signInsTooMany'));
  }
  const named = workspace === undefined ? null : cleanText(workspace);
  const account = await findByPassword(call, cleanText(email), password, named);
  if (account === null) return fail(apiError('signInFailed'));
  await forgetAttempts(pool, keys);
  const { workspaceId, adminId } = account;
  const token = newSessionToken();
  const session = { ...originOf(call), adminId, tokenHash: sha256Hex(token) };
  const started = await startSession(contextOf(call, workspaceId, adminId), session);
  if (!started.ok) return started;
  // Always a new token: one that the browser had before proves nothing.
  setSessionToken(reply, dependencies.accounts, token);
  return ok(presentSignedIn(account));
}

/** Finds the account that has this password. An unknown e-mail takes the same way as a wrong password. */
async function findByPassword(
  { dependencies }: GuestCall,
  email: string,
  password: string,
  workspace: string | null,
): Promise<Account | null> {
  const { pool, passwords } = dependencies.accounts;
  const found = await findAccounts(pool, email, workspace);
  const tried = found.length === 0 ? [null] : found;
  for (const account of tried) {
    if (await passwords.matches(password, account?.passwordHash ?? null)) return account;
  }
  return null;
}

async function useLink(call: GuestCall): Promise<Answer> {
  const { reply, dependencies } = call;
  const { pool, passwords } = dependencies.accounts;
  const body = call.body as UseLinkBody;
  const found = await findLink(pool, sha256Hex(body.code));
  if (found === null) return fail(apiError('linkInvalid', 'code'));
  const isSetup = found.purpose === 'setup';
  for (const field of ['name', 'email'] as const) {
    if (isSetup && body[field] === undefined) {
      return fail(apiError('parameterRequired', field, `${field} is required`));
    }
  }
  const name = body.name === undefined ? undefined : cleanText(body.name);
  const email = isSetup ? cleanText(body.email!) : undefined;
  if (isWeak(body.password, [email ?? found.email])) {
    return fail(apiError('passwordWeak', 'password'));
  }
  const passwordHash = await passwords.hash(body.password);
  const { workspaceId, adminId, role, workspace } = found;
  const token = newSessionToken();
  const session = { ...originOf(call), tokenHash: sha256Hex(token) };
  const context = contextOf(call, workspaceId, adminId);
  const used = await useAccountLink(context, found, { name, email, passwordHash }, session);
  if (!used.ok) return used;
  dependencies.setups.drop(workspaceId);
  setSessionToken(reply, dependencies.accounts, token);
  const shown = { name: name ?? found.name, email: email ?? found.email };
  return ok(presentSignedIn({ workspaceId, workspace, adminId, role, ...shown }));
}

/** Whether a password could be guessed. @param known what others know of its owner. */
export const isWeak = (password: string, known: readonly string[]): boolean =>
  isGuessable(password) || known.some((text) => password.toLowerCase() === text.toLowerCase());

const originOf = ({ request }: GuestCall): SessionOrigin => ({
  source: request.clientAddress,
  userAgent: cleanText(request.headers['user-agent'] ?? '').slice(0, USER_AGENT_CHARACTERS_MAX),
});

const contextOf = ({ request, dependencies }: GuestCall, workspaceId: number, adminId: number) => ({
  pool: dependencies.commandPool,
  workspaceId,
  actor: {
    type: 'admin',
    id: String(adminId),
    origin: { tokenId: null, source: request.clientAddress },
  } as const,
});

/** Presents who is signed in. */
export const presentSignedIn = ({
  workspaceId,
  workspace,
  adminId,
  name,
  email,
  role,
}: Omit<Account, 'passwordHash'>) => ({
  workspace: { id: String(workspaceId), name: workspace },
  me: { id: String(adminId), name, email, role },
});
