// The companies of a contact: attach, detach, list.

import { fail, ok, type Result } from '../../../base/result.ts';
import { attachCompany } from '../../../commands/attach-company.ts';
import { detachCompany } from '../../../commands/detach-company.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId, readId } from '../../../contract/read-id.ts';
import {
  findCompanyLists,
  listCompaniesOfContact,
} from '../../../store/resources/company-contacts.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import {
  pageNumberParameters,
  presentPageNumber,
  readPageNumber,
  rowsOf,
} from '../../server/paging.ts';
import { companyParameter, contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { presentWritten, readCompanyViews } from './company-view.ts';
import { exampleCompany } from './examples.ts';
import { companySchema, contactCompanies } from './schema.ts';
import { type AttachCompanyBody, attachCompanyBody } from './write-schema.ts';

const PER_PAGE = 50;

export const contactCompanyRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/:id/companies',
    operationId: 'listCompaniesForAContact',
    summary: 'List the companies of a contact',
    description: 'Newest first. `data` has the same companies as `companies`.',
    tag: 'Contacts',
    parameters: [contactParameter, ...pageNumberParameters(PER_PAGE)],
    response: contactCompanies,
    responseExample: {
      type: 'list',
      companies: [{ ...exampleCompany, user_count: 1 }],
      data: [{ ...exampleCompany, user_count: 1 }],
      total_count: 1,
      pages: { type: 'pages', next: null, page: 1, per_page: PER_PAGE, total_pages: 1 },
    },
    errors: ['contactNotFound', 'parameterInvalid'],
    handle: list,
  },
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/contacts/:id/companies',
    operationId: 'attachContactToACompany',
    summary: 'Attach a company to a contact',
    description: 'Attaching it again changes nothing.',
    tag: 'Contacts',
    parameters: [contactParameter],
    body: attachCompanyBody,
    isBodyOptional: true,
    bodyExample: { id: '12' },
    response: companySchema,
    responseExample: { ...exampleCompany, user_count: 1 },
    errors: ['companyNotSpecified', 'contactNotFound', 'companyNotFound', 'tooManyCompanies'],
    async handle(call) {
      const { id } = call.body as AttachCompanyBody;
      if (String(id ?? '').trim() === '') return fail(apiError('companyNotSpecified', 'id'));
      return change(call, attachCompany, String(id));
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'DELETE',
    path: '/contacts/:id/companies/:company_id',
    operationId: 'detachContactFromACompany',
    summary: 'Detach a company from a contact',
    description: 'Detaching one that is not attached changes nothing.',
    tag: 'Contacts',
    parameters: [contactParameter, { ...companyParameter, name: 'company_id' }],
    response: companySchema,
    responseExample: exampleCompany,
    errors: ['contactNotFound', 'companyNotFound'],
    handle(call) {
      const { company_id: id } = call.request.params as { company_id: string };
      return change(call, detachCompany, id);
    },
  },
];

const contactIdOf = ({ request }: AuthenticatedCall): string =>
  (request.params as { id: string }).id;

async function list(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { request, principal, dependencies } = call;
  const { workspaceId } = principal;
  const id = contactIdOf(call);
  if (!isContactId(id)) return fail(apiError('contactNotFound'));
  const page = readPageNumber(request.query as object, PER_PAGE);
  if (!page.ok) return page;
  return readAs(dependencies.readPool, workspaceId, async (connection) => {
    const contact = await findContact(connection, workspaceId, id);
    if (contact === null) return fail(apiError('contactNotFound'));
    const rows = rowsOf(page.value);
    const companies = await listCompaniesOfContact(connection, workspaceId, id, rows);
    const lists = await findCompanyLists(connection, workspaceId, [id], 0);
    const total = lists.get(id)?.count ?? 0;
    const views = await readCompanyViews(connection, workspaceId, companies);
    return ok({
      type: 'list',
      companies: views,
      data: views,
      total_count: total,
      pages: presentPageNumber(page.value, total),
    });
  });
}

const change = (
  call: AuthenticatedCall,
  command: typeof attachCompany,
  companyId: string,
): Promise<Result<object, ContractError>> =>
  orUnavailable(call, REPEATABLE, async () => {
    const contactId = contactIdOf(call);
    if (!isContactId(contactId)) return fail(apiError('contactNotFound'));
    const changed = await command(commandContextOf(call), contactId, readId(companyId));
    return presentWritten(call, changed);
  });
