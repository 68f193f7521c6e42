// Creates a company, or updates the one of this id: in the vendor's API both are one call.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import { checkAttributeLimits } from '../core/model/attribute-limits.ts';
import type { Company } from '../core/model/company.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type GivenCompany, upsertCompany } from '../store/resources/companies.ts';
import { type CommandContext, runCommand } from './command.ts';

export const saveCompany = (
  context: CommandContext,
  companyId: string,
  given: GivenCompany,
): Promise<Result<Company, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const { company, isNew } = await upsertCompany(connection, workspaceId, companyId, given);
    const checked = checkAttributeLimits({}, company.customAttributes);
    if (!checked.ok) return checked;
    await addAuditEntry(connection, workspaceId, {
      action: isNew ? 'company.created' : 'company.updated',
      actor,
      object: { type: 'company', id: String(company.id) },
      relatedId: null,
    });
    return ok(company);
  });
