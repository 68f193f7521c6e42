// A page of companies by its number, as the vendor's lists of companies are paged: one beyond the end is empty.

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { presentCompany } from '../../../core/presenters/company.ts';
import { listCompanies } from '../../../store/resources/companies.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { readText, readWholeNumber } from '../../server/query-parameters.ts';
import type { AuthenticatedCall, RouteParameter } from '../../server/route.ts';

const PER_PAGE = 15;
const PAGE_MAX = 1_000_000;

export const listParameters: readonly RouteParameter[] = [
  { name: 'page', in: 'query', description: 'The number of the page.', example: '1' },
  {
    name: 'per_page',
    in: 'query',
    description: `How many; by default ${PER_PAGE}.`,
    example: '20',
  },
  {
    name: 'order',
    in: 'query',
    description: '`asc` or `desc`, by creation; by default `desc`.',
    example: 'asc',
  },
];

export async function listPage({
  request: { query },
  principal: { workspaceId },
  dependencies,
}: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const page = readWholeNumber(query, 'page', { min: 1, max: PAGE_MAX }, 1);
  if (!page.ok) return page;
  const perPage = readWholeNumber(query, 'per_page', { min: 1, max: limits.perPageMax }, PER_PAGE);
  if (!perPage.ok) return perPage;
  const order = readText(query, 'order');
  if (!order.ok) return order;
  if (!['asc', 'desc', null].includes(order.value)) {
    return fail(apiError('parameterInvalid', 'order', 'order must be asc or desc'));
  }
  const [number, count] = [page.value, perPage.value];
  const { companies, total } = await readAs(dependencies.readPool, workspaceId, (connection) =>
    listCompanies(connection, workspaceId, {
      offset: (number - 1) * count,
      count,
      isDescending: order.value !== 'asc',
    }),
  );
  const totalPages = Math.ceil(total / count);
  const next = number < totalPages ? `/companies/list?page=${number + 1}&per_page=${count}` : null;
  return ok({
    type: 'list',
    data: companies.map((company) => presentCompany(company, workspaceId)),
    total_count: total,
    pages: { type: 'pages', page: number, per_page: count, total_pages: totalPages, next },
  });
}
