// Revokes an access token: servers reject it from then on.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  findIssuedToken,
  type IssuedToken,
  revokeIssuedToken,
} from '../store/tenancy/issued-tokens.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Revokes the token; one that is revoked already stays as it is. */
export const revokeToken = (
  context: CommandContext,
  id: number,
): Promise<Result<IssuedToken, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const isRevokedNow = await revokeIssuedToken(connection, workspaceId, id);
    const token = await findIssuedToken(connection, workspaceId, id);
    if (token === null) return fail(apiError('tokenNotFound'));
    if (!isRevokedNow) return ok(token);
    await addAuditEntry(connection, workspaceId, {
      action: 'token.revoked',
      actor,
      object: { type: 'token', id: String(id) },
      relatedId: null,
      details: { name: token.name },
    });
    return ok(token);
  });
