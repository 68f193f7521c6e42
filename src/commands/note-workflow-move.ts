// Notes in the audit log that waiting conversations are moved to another version of a workflow, before they are: the
// engine moves each of them for itself.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import type { WorkflowRow } from '../store/workflows/versions.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Notes the move, unless there is nothing to move. */
export const noteWorkflowMove = (
  context: CommandContext,
  { id, name }: Pick<WorkflowRow, 'id' | 'name'>,
  version: number,
  conversations: number,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    if (conversations > 0) {
      await addAuditEntry(connection, workspaceId, {
        action: 'workflow.move_requested',
        actor,
        object: { type: 'workflow', id: String(id) },
        relatedId: null,
        after: { version },
        details: { name, conversations },
      });
    }
    return ok(null);
  });
