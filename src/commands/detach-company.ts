// Detaches a company from a contact. Detaching one that is not attached changes nothing.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Company } from '../core/model/company.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findCompany } from '../store/resources/companies.ts';
import { detachCompany as detach } from '../store/resources/company-contacts.ts';
import { findContact } from '../store/resources/contacts.ts';
import { type CommandContext, runCommand } from './command.ts';

export const detachCompany = (
  context: CommandContext,
  contactId: string,
  companyId: number,
): Promise<Result<Company, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const contact = await findContact(connection, workspaceId, contactId);
    if (contact === null) return fail(apiError('contactNotFound'));
    const company = await findCompany(connection, workspaceId, { id: companyId });
    if (company === null) return fail(apiError('companyNotFound'));
    const wasAttached = await detach(connection, workspaceId, contactId, companyId);
    if (wasAttached) {
      await addAuditEntry(connection, workspaceId, {
        action: 'contact.company_detached',
        actor,
        object: { type: 'contact', id: contactId },
        relatedId: String(companyId),
      });
    }
    return ok(company);
  });
