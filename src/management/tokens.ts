// The access tokens of the workspace: list, create, revoke. A token is in the response to its creation, never again.

import { newAccessToken } from '../base/random.ts';
import { fail, ok, type Result } from '../base/result.ts';
import * as commands from '../commands/create-token.ts';
import { revokeToken as revoke } from '../commands/revoke-token.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readId } from '../contract/read-id.ts';
import { cleanText } from '../contract/text.ts';
import { nameFault } from '../core/model/name.ts';
import { scopes as knownScopes, type Scope, usualScopes } from '../core/model/rights.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { fingerprint } from '../store/tenancy/first-start.ts';
import { type IssuedToken, listIssuedTokens } from '../store/tenancy/issued-tokens.ts';
import type { List, Operation } from './operation.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

export type PresentedToken = ReturnType<typeof presentToken>;

const presentToken = (token: IssuedToken) => ({
  type: 'token' as const,
  id: String(token.id),
  workspace: token.workspace,
  channel: token.channel,
  admin: token.admin,
  scopes: token.scopes,
  name: token.name,
  hint: token.hint,
  created_at: isoTime(token.createdAt),
  last_used_at: isoTimeOrNull(token.lastUsedAt),
  revoked_at: isoTimeOrNull(token.revokedAt),
});

export type TokenBody = {
  readonly name?: string | null;
  /** The name of the channel. */
  readonly channel?: string | null;
  /** The e-mail address of the admin, in place of a channel. */
  readonly admin?: string | null;
  readonly scopes?: readonly Scope[] | null;
};

export type PresentedNewToken = PresentedToken & {
  /** Null in the response to a repeat. */
  readonly token: string | null;
};

export const listTokens: Operation<undefined, List<PresentedToken>> = {
  method: 'GET',
  path: '/parley/v1/tokens',
  async run({ workspaceId, readPool }) {
    const tokens = await readAs(readPool, workspaceId, (connection) =>
      listIssuedTokens(connection, workspaceId),
    );
    return ok({ type: 'list', data: tokens.map(presentToken) });
  },
};

export const createToken: Operation<TokenBody, PresentedNewToken> = {
  method: 'POST',
  path: '/parley/v1/tokens',
  async run(context, { body }) {
    const wish = readWish(body);
    if (!wish.ok) return wish;
    const token = newAccessToken();
    const { hash, hint, name } = fingerprint(token, wish.value.name);
    const made = await commands.createToken(context, context.rights, {
      ...wish.value,
      ...{ hash, hint, name },
    });
    if (!made.ok) return made;
    const isOurs = made.value.hash === hash;
    return ok({ ...presentToken(made.value.issued), token: isOurs ? token : null });
  },
};

export const revokeToken: Operation<undefined, PresentedToken> = {
  method: 'DELETE',
  path: '/parley/v1/tokens/:id',
  async run(context, { params }) {
    const revoked = await revoke(context, readId(params['id']!));
    return revoked.ok ? ok(presentToken(revoked.value)) : revoked;
  },
};

const clean = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : cleanText(text);

function readWish(
  body: TokenBody,
): Result<Pick<commands.NewToken, 'name' | 'channel' | 'admin' | 'scopes'>, ContractError> {
  const { name, scopes: given } = body;
  const [channel, admin] = [clean(body.channel), clean(body.admin)];
  const fault = nameFault(name ?? '');
  if (fault !== null) return fail(apiError('parameterInvalid', 'name', `name ${fault}`));
  if ((channel === null) === (admin === null)) {
    const words = 'Either channel or admin is required: a token acts for one of them';
    return fail(apiError('parameterInvalid', 'channel', words));
  }
  const usual = channel === null ? usualScopes.admin : usualScopes.channel;
  const scopes = knownScopes.filter((scope) => (given ?? usual).includes(scope as never));
  if (scopes.length === 0) {
    return fail(apiError('parameterInvalid', 'scopes', 'scopes must name at least one scope'));
  }
  if (channel === null && scopes.includes('events')) {
    const words = 'The scope events needs a channel: a token for an admin has none';
    return fail(apiError('parameterInvalid', 'scopes', words));
  }
  return ok({ name: name!, channel, admin, scopes });
}
