// Finds companies, lists them by their tag, and deletes them.

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { deleteCompany } from '../../../commands/delete-company.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readText } from '../../../contract/query-parameters.ts';
import { NO_ROW, readId } from '../../../contract/read-id.ts';
import { type CompanyName, findCompany } from '../../../store/resources/companies.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { companyIdOf, companyParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { readCompanyViews } from './company-view.ts';
import { exampleCompany } from './examples.ts';
import { listPage, listParameters } from './list.ts';
import { companyDeleted, companyOrList, companySchema } from './schema.ts';

const exampleList = {
  type: 'list',
  data: [exampleCompany],
  total_count: 1,
  pages: { type: 'pages', page: 1, per_page: 15, total_pages: 1, next: null },
};

export const companyRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/companies',
    operationId: 'retrieveCompany',
    summary: 'Find a company by your id or its name, or list them',
    description: 'With `company_id` or `name` the response is the company itself.',
    tag: 'Companies',
    parameters: [
      { name: 'company_id', in: 'query', description: 'Your id of the company.', example: 'acme' },
      { name: 'name', in: 'query', description: 'The name of the company.', example: 'Acme' },
      { name: 'tag_id', in: 'query', description: 'Only those with this tag.', example: '7' },
      {
        name: 'segment_id',
        in: 'query',
        description: 'Only those in this segment: none, since segments are of contacts.',
      },
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
      if (name.value !== null) return find(call, { name: name.value });
      const segment = readText(call.request.query, 'segment_id');
      if (!segment.ok) return segment;
      const tag = readText(call.request.query, 'tag_id');
      if (!tag.ok) return tag;
      // Segments are of contacts: no company is in one.
      if (segment.value !== null) return listPage(call, { tagId: NO_ROW });
      return listPage(call, { tagId: tag.value === null ? null : readId(tag.value) });
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/companies/:id',
    operationId: 'retrieveACompanyById',
    summary: 'Get a company',
    tag: 'Companies',
    parameters: [companyParameter],
    response: companySchema,
    responseExample: exampleCompany,
    errors: ['companyNotFound'],
    handle: (call) => find(call, { id: companyIdOf(call) }),
  },
  {
    access: 'token',
    scope: 'write',
    method: 'DELETE',
    path: '/companies/:id',
    operationId: 'deleteCompany',
    summary: 'Delete a company',
    tag: 'Companies',
    parameters: [companyParameter],
    response: companyDeleted,
    responseExample: { id: '12', object: 'company', deleted: true },
    errors: ['companyNotFound'],
    handle: (call) =>
      orUnavailable(call, REPEATABLE, async () => {
        const deleted = await deleteCompany(commandContextOf(call), companyIdOf(call));
        if (!deleted.ok) return deleted;
        return ok({ id: String(companyIdOf(call)), object: 'company', deleted: true });
      }),
  },
];

async function find(
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  name: CompanyName,
): Promise<Result<object, ContractError>> {
  const isText = [name.companyId, name.name].every(
    (text = '') => !text.includes('\u0000') && text.length <= limits.pathParameterCharactersMax,
  );
  if (!isText) return fail(apiError('companyNotFound'));
  return readAs(dependencies.readPool, workspaceId, async (connection) => {
    const company = await findCompany(connection, workspaceId, name);
    if (company === null) return fail(apiError('companyNotFound'));
    const [view] = await readCompanyViews(connection, workspaceId, [company]);
    return ok(view!);
  });
}
