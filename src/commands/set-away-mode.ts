// Sets the away mode of a teammate.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { changedValues } from '../core/model/audit.ts';
import { type AwayMode, lockAwayMode, updateAwayMode } from '../store/resources/admins.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Sets the away mode; an unchanged one writes no audit entry. */
export const setAwayMode = (
  context: CommandContext,
  adminId: number,
  mode: AwayMode,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const before = await lockAwayMode(connection, workspaceId, adminId);
    if (before === null) return fail(apiError('adminNotFound'));
    const isSame =
      before.isEnabled === mode.isEnabled &&
      before.isReassigned === mode.isReassigned &&
      before.statusReasonId === mode.statusReasonId;
    if (isSame) return ok(null);
    await updateAwayMode(connection, workspaceId, adminId, mode);
    await addAuditEntry(connection, workspaceId, {
      action: 'admin.away_mode_changed',
      actor,
      object: { type: 'admin', id: String(adminId) },
      relatedId: null,
      ...changedValues(valuesOf(before), valuesOf(mode)),
      details: { away_mode: mode.isEnabled, reassign_conversations: mode.isReassigned },
    });
    return ok(null);
  });

const valuesOf = ({ isEnabled, isReassigned, statusReasonId }: AwayMode) => ({
  away_mode_enabled: isEnabled,
  away_mode_reassign: isReassigned,
  away_status_reason_id: statusReasonId,
});
