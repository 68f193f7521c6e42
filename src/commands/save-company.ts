// Creates a company, or updates the one of this id: in the vendor's API both are one call.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import type { Company } from '../core/model/company.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  type CompanyFields,
  type CompanyName,
  findCompany,
  insertCompany,
  updateCompany,
} from '../store/resources/companies.ts';
import { type CommandContext, runCommand } from './command.ts';

export const saveCompany = (
  context: CommandContext,
  fields: CompanyFields,
): Promise<Result<Company, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const name: CompanyName = { companyId: fields.companyId };
    const created =
      (await findCompany(connection, workspaceId, name)) === null
        ? await insertCompany(connection, workspaceId, fields)
        : null;
    // It was there, or another request created it in between.
    const company =
      created ??
      (await updateCompany(
        connection,
        workspaceId,
        (await findCompany(connection, workspaceId, name))!.id,
        fields,
      ));
    await addAuditEntry(connection, workspaceId, {
      action: created === null ? 'company.updated' : 'company.created',
      actor,
      object: { type: 'company', id: String(company.id) },
      relatedId: null,
    });
    return ok(company);
  });
