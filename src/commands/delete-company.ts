// Deletes a company: its row goes, and the audit log says who did it.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { auditedCompany } from '../core/model/company.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { deleteCompany as deleteRow } from '../store/resources/companies.ts';
import { type CommandContext, runCommand } from './command.ts';

export const deleteCompany = (
  context: CommandContext,
  id: number,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const before = await deleteRow(connection, workspaceId, id);
    if (before === null) return fail(apiError('companyNotFound'));
    const object = { type: 'company', id: String(id) } as const;
    const entry = { action: 'company.deleted', actor, object, relatedId: null } as const;
    await addAuditEntry(connection, workspaceId, { ...entry, before: auditedCompany(before) });
    return ok(null);
  });
