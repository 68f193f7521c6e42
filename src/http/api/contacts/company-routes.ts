// Lists the contacts of a company.

import { limits } from '../../../base/limits.ts';
import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { findCompany } from '../../../store/resources/companies.ts';
import {
  countContactsOfCompanies,
  listContactsOfCompany,
} from '../../../store/resources/company-contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import {
  pageNumberParameters,
  presentPageNumber,
  readPageNumber,
  rowsOf,
} from '../../server/paging.ts';
import { companyIdOf, companyParameter } from '../../server/path-parameters.ts';
import type { ApiRoute } from '../../server/route.ts';
import { examplePages } from '../../server/search-schema.ts';
import { readContactViews } from './contact-view.ts';
import { exampleContact } from './examples.ts';
import { contactList } from './schema.ts';

export const companyContactRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/companies/:id/contacts',
    operationId: 'ListAttachedContacts',
    summary: 'List the contacts of a company, newest first',
    description: 'Archived contacts are not among them.',
    tag: 'Companies',
    parameters: [companyParameter, ...pageNumberParameters(limits.contactsPerPage)],
    response: contactList,
    responseExample: {
      type: 'list',
      data: [exampleContact],
      total_count: 1,
      pages: { ...examplePages, per_page: limits.contactsPerPage },
    },
    errors: ['companyNotFound', 'parameterInvalid'],
    async handle(call) {
      const { workspaceId } = call.principal;
      const id = companyIdOf(call);
      const page = readPageNumber(call.request.query as object, limits.contactsPerPage);
      if (!page.ok) return page;
      return readAs(call.dependencies.readPool, workspaceId, async (connection) => {
        const company = await findCompany(connection, workspaceId, { id });
        if (company === null) return fail(apiError('companyNotFound'));
        const rows = rowsOf(page.value);
        const contacts = await listContactsOfCompany(connection, workspaceId, id, rows);
        const counts = await countContactsOfCompanies(connection, workspaceId, [id]);
        const total = counts.get(id) ?? 0;
        return ok({
          type: 'list',
          data: await readContactViews(connection, workspaceId, contacts),
          total_count: total,
          pages: presentPageNumber(page.value, total),
        });
      });
    },
  },
];
