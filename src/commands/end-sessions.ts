// Ends sessions of a teammate: one of them, or all except one.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { endSessions } from '../store/accounts/sessions.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Ends one session. */
export const endSession = (
  context: CommandContext,
  adminId: number,
  id: number,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const ended = await endSessions(connection, workspaceId, adminId, { id });
    if (ended === 0) return fail(apiError('resourceNotFound'));
    const object = { type: 'session', id: String(id) } as const;
    await addAuditEntry(connection, workspaceId, {
      ...{ action: 'session.ended', actor, object, relatedId: null },
    });
    return ok(null);
  });

/** Ends all sessions of the teammate except one. @returns how many. */
export const endOtherSessions = (
  context: CommandContext,
  adminId: number,
  exceptId: number,
): Promise<Result<number, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const count = await endSessions(connection, workspaceId, adminId, { exceptId });
    const object = { type: 'admin', id: String(adminId) } as const;
    if (count > 0) {
      await addAuditEntry(connection, workspaceId, {
        ...{ action: 'admin.sessions_ended', actor, object, relatedId: null },
        details: { count },
      });
    }
    return ok(count);
  });
