// A page of companies by its number, as the vendor's lists of companies are paged: one beyond the end is empty.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { presentCompany } from '../../../core/presenters/company.ts';
import { listCompanies } from '../../../store/resources/companies.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import {
  offsetOf,
  pageNumberParameters,
  presentPageNumber,
  readPageNumber,
} from '../../server/paging.ts';
import { readText } from '../../server/query-parameters.ts';
import type { AuthenticatedCall, RouteParameter } from '../../server/route.ts';

const PER_PAGE = 15;

export const listParameters: readonly RouteParameter[] = [
  ...pageNumberParameters(PER_PAGE),
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
  const page = readPageNumber(query as object, PER_PAGE);
  if (!page.ok) return page;
  const order = readText(query, 'order');
  if (!order.ok) return order;
  if (!['asc', 'desc', null].includes(order.value)) {
    return fail(apiError('parameterInvalid', 'order', 'order must be asc or desc'));
  }
  const { page: number, perPage: count } = page.value;
  const { companies, total } = await readAs(dependencies.readPool, workspaceId, (connection) =>
    listCompanies(connection, workspaceId, {
      offset: offsetOf(page.value),
      count,
      isDescending: order.value !== 'asc',
    }),
  );
  const isLast = number * count >= total;
  const next = isLast ? null : `/companies/list?page=${number + 1}&per_page=${count}`;
  return ok({
    type: 'list',
    data: companies.map((company) => presentCompany(company, workspaceId)),
    total_count: total,
    pages: presentPageNumber(page.value, total, next),
  });
}
