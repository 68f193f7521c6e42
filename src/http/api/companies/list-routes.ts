// All companies: by page number, and by scrolling (contract G 9 and 10).

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { readText } from '../../../contract/query-parameters.ts';
import { NO_ROW, readId } from '../../../contract/read-id.ts';
import { countCompanies, scrollCompanies } from '../../../store/resources/companies.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { ApiRoute } from '../../server/route.ts';
import { readCompanyViews } from './company-view.ts';
import { exampleCompany } from './examples.ts';
import { listPage, listParameters } from './list.ts';
import { companyList, companyScroll, emptyBody } from './schema.ts';

const SCROLLED = 100;

export const companyListRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'POST',
    path: '/companies/list',
    changesNothing: true,
    operationId: 'listAllCompanies',
    summary: 'List the companies',
    description: 'Without a body: the parameters are in the query. A page beyond the end is empty.',
    tag: 'Companies',
    parameters: listParameters,
    body: emptyBody,
    isBodyOptional: true,
    bodyExample: {},
    response: companyList,
    responseExample: {
      type: 'list',
      data: [exampleCompany],
      total_count: 1,
      pages: { type: 'pages', page: 1, per_page: 15, total_pages: 1, next: null },
    },
    errors: [],
    handle: (call) => listPage(call),
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/companies/scroll',
    operationId: 'scrollOverAllCompanies',
    summary: 'Scroll over all companies',
    description:
      'Returns 100 at a time, the oldest first. Repeat it with `scroll_param` until `data` is empty.',
    tag: 'Companies',
    parameters: [
      {
        name: 'scroll_param',
        in: 'query',
        description: 'Of the response before.',
        example: '12',
      },
    ],
    response: companyScroll,
    responseExample: {
      type: 'list',
      data: [exampleCompany],
      total_count: 1,
      pages: null,
      scroll_param: '12',
    },
    errors: ['parameterInvalid'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const given = readText(request.query, 'scroll_param');
      if (!given.ok) return given;
      const after = given.value === null ? 0 : readId(given.value);
      if (after === NO_ROW) {
        const message = 'scroll_param must be that of the response before, or left out';
        return fail(apiError('parameterInvalid', 'scroll_param', message));
      }
      return readAs(dependencies.readPool, workspaceId, async (connection) => {
        const companies = await scrollCompanies(connection, workspaceId, after, SCROLLED);
        // Null only after the last ones: some clients end at null, others at an empty list.
        const last = companies.at(-1);
        return ok({
          type: 'list',
          data: await readCompanyViews(connection, workspaceId, companies),
          total_count: await countCompanies(connection, workspaceId),
          pages: null,
          scroll_param: last === undefined ? null : String(last.id),
        });
      });
    },
  },
];
