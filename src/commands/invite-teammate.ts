// Invites a teammate: creates the teammate if there is none with that e-mail, and a one-time link to set a password.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Role } from '../core/model/rights.ts';
import { insertLink } from '../store/accounts/account-links.ts';
import { insertTeammate, lockTeammateByEmail } from '../store/accounts/teammates.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';

type Wanted = { readonly email: string; readonly name: string; readonly role: Role };

/** Invites. @param codeHash of the code of the link. @returns the teammate's id and when the link expires. */
export const inviteTeammate = (
  context: CommandContext,
  wanted: Wanted,
  codeHash: string,
): Promise<Result<{ readonly adminId: number; readonly expiresAt: number }, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const known = await lockTeammateByEmail(connection, workspaceId, wanted.email);
    if (known?.hasPassword || (known !== null && known.disabledAt !== null)) {
      return fail(apiError('teammateExists', 'email'));
    }
    const adminId = known?.id ?? (await insertTeammate(connection, workspaceId, wanted));
    const link = { adminId, purpose: 'invite', codeHash } as const;
    const expiresAt = await insertLink(connection, workspaceId, link);
    const object = { type: 'admin', id: String(adminId) } as const;
    await addAuditEntry(connection, workspaceId, {
      ...{ action: 'admin.invited', actor, object, relatedId: null },
      ...(known === null ? { after: { role: wanted.role } } : {}),
    });
    return ok({ adminId, expiresAt });
  });
