// Attaches a company to a contact. Attaching it again changes nothing.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Company } from '../core/model/company.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { holdCompany } from '../store/resources/companies.ts';
import {
  attachCompany as attach,
  findCompanyLists,
  isCompanyAttached,
  lockCompaniesOfContact,
} from '../store/resources/company-contacts.ts';
import { findContact } from '../store/resources/contacts.ts';
import { type CommandContext, runCommand } from './command.ts';

export const attachCompany = (
  context: CommandContext,
  contactId: string,
  companyId: number,
): Promise<Result<Company, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    await lockCompaniesOfContact(connection, workspaceId, contactId);
    const contact = await findContact(connection, workspaceId, contactId);
    if (contact === null) return fail(apiError('contactNotFound'));
    const company = await holdCompany(connection, workspaceId, companyId);
    if (company === null) return fail(apiError('companyNotFound'));
    if (await isCompanyAttached(connection, workspaceId, contactId, companyId)) return ok(company);
    const lists = await findCompanyLists(connection, workspaceId, [contactId], 0);
    if ((lists.get(contactId)?.count ?? 0) >= limits.companiesPerContactMax) {
      return fail(apiError('tooManyCompanies'));
    }
    await attach(connection, workspaceId, contactId, companyId);
    await addAuditEntry(connection, workspaceId, {
      action: 'contact.company_attached',
      actor,
      object: { type: 'contact', id: contactId },
      relatedId: String(companyId),
    });
    return ok(company);
  });
