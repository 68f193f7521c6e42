// Writes a company: creates it or updates the one of the caller's id, which is one call in the vendor's API, or updates
// the one of Parley's id. Its attributes fit their definitions; unknown names get one.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { checkAttributeLimits } from '../core/model/attribute-limits.ts';
import { fitAttributes } from '../core/model/attribute-value.ts';
import { changedValues } from '../core/model/audit.ts';
import { auditedCompany, type Company } from '../core/model/company.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  findCompany,
  type GivenCompany,
  updateCompany,
  upsertCompany,
} from '../store/resources/companies.ts';
import { listAttributes } from '../store/resources/data-attributes.ts';
import { type CommandContext, runCommand } from './command.ts';
import { defineAttributes } from './define-attributes.ts';

/** Writes the company. @param name the caller's id, or Parley's id of an existing one. */
export const saveCompany = (
  context: CommandContext,
  name: { readonly companyId: string } | { readonly id: number },
  given: GivenCompany,
): Promise<Result<Company, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const filter = { model: 'company', isArchivedIncluded: false } as const;
    const definitions = await listAttributes(connection, workspaceId, filter);
    const attributes = fitAttributes(given.customAttributes, definitions);
    if (!attributes.ok) return attributes;
    const fields = { ...given, customAttributes: attributes.value };
    const before = await findCompany(connection, workspaceId, name);
    const { company, isNew } =
      'companyId' in name
        ? await upsertCompany(connection, workspaceId, name.companyId, fields)
        : { company: await updateCompany(connection, workspaceId, name.id, fields), isNew: false };
    if (company === null) return fail(apiError('companyNotFound'));
    const checked = checkAttributeLimits({}, company.customAttributes);
    if (!checked.ok) return checked;
    await defineAttributes(connection, context, 'company', attributes.value);
    await addAuditEntry(connection, workspaceId, {
      action: isNew ? 'company.created' : 'company.updated',
      actor,
      object: { type: 'company', id: String(company.id) },
      relatedId: null,
      ...(isNew || before === null
        ? { after: auditedCompany(company) }
        : changedValues(auditedCompany(before), auditedCompany(company))),
    });
    return ok(company);
  });
