// Creates an access token of a channel or for an admin.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { isAtLeast, type Rights, roleFor, type Scope } from '../core/model/rights.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findChannelByName } from '../store/tenancy/channel-rows.ts';
import { tokenCreated } from '../store/tenancy/first-start.ts';
import {
  findIssuedToken,
  findTokenAdmin,
  type IssuedToken,
  insertToken,
} from '../store/tenancy/issued-tokens.ts';
import { type CommandContext, runCommand } from './command.ts';

export type NewToken = {
  readonly hash: string;
  /** The last four characters. */
  readonly hint: string;
  readonly name: string;
  /** The name of the channel; null: none. */
  readonly channel: string | null;
  /** The e-mail address of the admin; null: the first one. */
  readonly admin: string | null;
  readonly scopes: readonly Scope[];
};

/** The token, and the hash by which a repeat notices that its own token was not the one that is stored. */
export type CreatedToken = { readonly issued: IssuedToken; readonly hash: string };

/**
 * Creates the token.
 * @param rights those of the one who creates it: nobody can give away a role above the own one.
 */
export const createToken = (
  context: CommandContext,
  rights: Rights,
  token: NewToken,
): Promise<Result<CreatedToken, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const { channel: name, admin: email, hash, scopes } = token;
    const channel = name === null ? null : await findChannelByName(connection, workspaceId, name);
    if (name !== null && channel === null) {
      return fail(apiError('channelNotFound', 'channel', `The workspace has no channel "${name}"`));
    }
    const admin = await findTokenAdmin(connection, workspaceId, email);
    if (admin === null) {
      return fail(apiError('adminNotFound', 'admin', `The workspace has no admin "${email}"`));
    }
    if (isAboveOwn(rights, admin.role, scopes)) {
      const words = `The admin has the role "${admin.role}", which is above the one of this token`;
      return fail(apiError('rightMissing', 'admin', words));
    }
    const channelId = channel?.id ?? null;
    const id = await insertToken(connection, workspaceId, {
      ...token,
      channelId,
      adminId: admin.id,
    });
    const entry = tokenCreated(id, { name: token.name, channel: name, adminId: admin.id, scopes });
    await addAuditEntry(connection, workspaceId, { ...entry, actor });
    const issued = await findIssuedToken(connection, workspaceId, id);
    return ok({ issued: issued!, hash });
  });

/** Whether the role would let the token do what the one who creates it may not. */
const isAboveOwn = (rights: Rights, role: Rights['role'], scopes: readonly Scope[]): boolean =>
  !isAtLeast(rights.role, role) &&
  scopes.some((scope) => scope === 'manage' || !isAtLeast(rights.role, roleFor({ scope })));
