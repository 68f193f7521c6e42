// Companies: create or update, find, list, scroll, delete. They are not linked to contacts yet.

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { deleteCompany } from '../../../commands/delete-company.ts';
import { saveCompany } from '../../../commands/save-company.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { presentCompany } from '../../../core/presenters/company.ts';
import { type CompanyName, findCompany } from '../../../store/resources/companies.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { readText } from '../../server/query-parameters.ts';
import { readId } from '../../server/read-id.ts';
import type { ApiRoute, AuthenticatedCall, RouteParameter } from '../../server/route.ts';
import { readCompany } from './company-reader.ts';
import { listPage, listParameters } from './list.ts';
import {
  type CompanyBody,
  companyBody,
  companyDeleted,
  companyOrList,
  companySchema,
  exampleCompany,
} from './schema.ts';

const idParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'Parley’s id of the company.',
  example: '12',
};

const exampleList = {
  type: 'list',
  data: [exampleCompany],
  total_count: 1,
  pages: { type: 'pages', page: 1, per_page: 15, total_pages: 1, next: null },
};

export const companyRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    method: 'POST',
    path: '/companies',
    operationId: 'createOrUpdateCompany',
    summary: 'Create a company, or update the one of this company_id',
    tag: 'Companies',
    body: companyBody,
    bodyExample: { company_id: 'acme', name: 'Acme', size: 40 },
    response: companySchema,
    responseExample: exampleCompany,
    errors: ['attributesFull', 'attributesTooLarge'],
    handle: (call) =>
      orUnavailable(call, REPEATABLE, async () => {
        const { company_id: companyId, ...fields } = call.body as CompanyBody;
        const given = readCompany(fields);
        if (!given.ok) return given;
        const saved = await saveCompany(contextOf(call), String(companyId), given.value);
        return saved.ok ? ok(presentCompany(saved.value, call.principal.workspaceId)) : saved;
      }),
  },
  {
    access: 'token',
    method: 'GET',
    path: '/companies',
    operationId: 'retrieveCompany',
    summary: 'Find a company by your id or its name, or list them',
    description: 'With `company_id` or `name` the response is the company itself.',
    tag: 'Companies',
    parameters: [
      { name: 'company_id', in: 'query', description: 'Your id of the company.', example: 'acme' },
      { name: 'name', in: 'query', description: 'The name of the company.', example: 'Acme' },
      ...listParameters,
    ],
    response: companyOrList,
    responseExample: exampleList,
    errors: ['companyNotFound', 'parameterInvalid'],
    async handle(call) {
      const companyId = readText(call.request.query, 'company_id');
      if (!companyId.ok) return companyId;
      const name = readText(call.request.query, 'name');
      if (!name.ok) return name;
      if (companyId.value !== null) return find(call, { companyId: companyId.value });
      return name.value === null ? listPage(call) : find(call, { name: name.value });
    },
  },
  {
    access: 'token',
    method: 'GET',
    path: '/companies/:id',
    operationId: 'retrieveACompanyById',
    summary: 'Get a company',
    tag: 'Companies',
    parameters: [idParameter],
    response: companySchema,
    responseExample: exampleCompany,
    errors: ['companyNotFound'],
    handle: (call) => find(call, { id: idOf(call) }),
  },
  {
    access: 'token',
    method: 'DELETE',
    path: '/companies/:id',
    operationId: 'deleteCompany',
    summary: 'Delete a company',
    tag: 'Companies',
    parameters: [idParameter],
    response: companyDeleted,
    responseExample: { id: '12', object: 'company', deleted: true },
    errors: ['companyNotFound'],
    handle: (call) =>
      orUnavailable(call, REPEATABLE, async () => {
        const deleted = await deleteCompany(contextOf(call), idOf(call));
        if (!deleted.ok) return deleted;
        return ok({ id: String(idOf(call)), object: 'company', deleted: true });
      }),
  },
];

const idOf = ({ request }: AuthenticatedCall): number =>
  readId((request.params as { id: string }).id);

const contextOf = ({ principal, dependencies }: AuthenticatedCall) =>
  ({
    pool: dependencies.commandPool,
    workspaceId: principal.workspaceId,
    actor: { type: 'admin', id: String(principal.adminId) },
  }) as const;

async function find(
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  name: CompanyName,
): Promise<Result<object, ContractError>> {
  const isText = [name.companyId, name.name].every(
    (text = '') => !text.includes('\u0000') && text.length <= limits.pathParameterCharactersMax,
  );
  const company = isText
    ? await readAs(dependencies.readPool, workspaceId, (connection) =>
        findCompany(connection, workspaceId, name),
      )
    : null;
  return company === null
    ? fail(apiError('companyNotFound'))
    : ok(presentCompany(company, workspaceId));
}
