// A page of companies by its number, as the vendor's lists of companies are paged: one beyond the end is empty.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readText } from '../../../contract/query-parameters.ts';
import { listCompanies } from '../../../store/resources/companies.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import {
  pageNumberParameters,
  presentPageNumber,
  readPageNumber,
  rowsOf,
} from '../../server/paging.ts';
import type { AuthenticatedCall, RouteParameter } from '../../server/route.ts';
import { readCompanyViews } from './company-view.ts';

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

/** Reads and presents the page. @param filter `tagId`: only companies with this tag; null: all. */
export async function listPage(
  { request, principal: { workspaceId }, dependencies }: AuthenticatedCall,
  { tagId }: { readonly tagId: number | null } = { tagId: null },
): Promise<Result<object, ContractError>> {
  const page = readPageNumber(request.query as object, PER_PAGE);
  if (!page.ok) return page;
  const order = readText(request.query, 'order');
  if (!order.ok) return order;
  if (!['asc', 'desc', null].includes(order.value)) {
    return fail(apiError('parameterInvalid', 'order', 'order must be asc or desc'));
  }
  const rows = rowsOf(page.value);
  return readAs(dependencies.readPool, workspaceId, async (connection) => {
    const isDescending = order.value !== 'asc';
    const filter = { ...rows, isDescending, tagId };
    const { companies, total } = await listCompanies(connection, workspaceId, filter);
    return ok({
      type: 'list',
      data: await readCompanyViews(connection, workspaceId, companies),
      total_count: total,
      pages: presentPageNumber(
        page.value,
        total,
        rows.offset + rows.count < total ? nextPath(request.url, page.value) : null,
      ),
    });
  });
}

/** Returns the path of the next page: that of the request, with the next number. */
function nextPath(url: string, { page, perPage }: { page: number; perPage: number }): string {
  const [path, query] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('page', String(page + 1));
  parameters.set('per_page', String(perPage));
  return `${path}?${parameters}`;
}
