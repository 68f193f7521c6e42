// Deletes a tag, unless a workflow needs it. Contacts and conversations keep its id, which is no longer shown and never
// reused.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { deleteTag as deleteRow, findWorkflowsWithTag } from '../store/resources/tags.ts';
import { type CommandContext, runCommand } from './command.ts';

export const deleteTag = (
  context: CommandContext,
  id: number,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const name = await deleteRow(connection, workspaceId, id);
    if (name === null) return fail(apiError('resourceNotFound'));
    const workflows = await findWorkflowsWithTag(connection, workspaceId, id);
    if (workflows.length > 0) {
      const message = `Unable to delete Tag with dependent objects. Workflows: ${workflows.join(', ')}.`;
      return fail(apiError('tagInUse', null, message));
    }
    const object = { type: 'tag', id: String(id) } as const;
    const entry = { action: 'tag.deleted', actor, object, relatedId: null } as const;
    await addAuditEntry(connection, workspaceId, { ...entry, before: { name } });
    return ok(null);
  });
