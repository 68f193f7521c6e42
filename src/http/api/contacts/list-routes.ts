// Lists and searches contacts (contract C and D.1).

import { limits } from '../../../base/limits.ts';
import { ok } from '../../../base/result.ts';
import type { Condition } from '../../../core/search/condition.ts';
import { contactTable } from '../../../core/search/contact-fields.ts';
import { withDays } from '../../../core/search/fields.ts';
import type { Connection } from '../../../database/pool.ts';
import { findListedContacts } from '../../../store/search/find-contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { offsetOf, type Paging, presentPages, readPaging } from '../../server/paging.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { readSearch } from '../../server/search-request.ts';
import {
  examplePages,
  exampleSearch,
  pagingParameters,
  type SearchBody,
  searchBody,
} from '../../server/search-schema.ts';
import { readContactViews } from './contact-view.ts';
import { exampleContact } from './examples.ts';
import { contactList } from './schema.ts';

/** Newest first. */
const rules = {
  idType: 'text',
  perPageDefault: limits.contactsPerPage,
  sort: { field: 'created_at', isDescending: true },
} as const;

const example = {
  type: 'list',
  data: [exampleContact],
  total_count: 1,
  pages: { ...examplePages, per_page: limits.contactsPerPage },
};

const description =
  'Archived contacts, and leads that were merged into a user, are not among them.';

export const contactListRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts',
    operationId: 'listContacts',
    summary: 'List the contacts, newest first',
    description,
    tag: 'Contacts',
    parameters: [
      ...pagingParameters(limits.contactsPerPage),
      {
        name: 'page',
        in: 'query',
        description: 'The number of the page, for clients without cursors.',
        example: '1',
      },
    ],
    response: contactList,
    responseExample: example,
    errors: ['parameterInvalid', 'pageCursorInvalid'],
    async handle(call) {
      const query = call.request.query as object;
      const paging = readPaging(query, {
        ...rules,
        table: contactTable,
        hasPageNumbers: true,
        prefix: '',
      });
      return paging.ok ? answer(call, null, paging.value) : paging;
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'POST',
    changesNothing: true,
    path: '/contacts/search',
    operationId: 'searchContacts',
    summary: 'Search contacts',
    description: `Changes are found at once. Times are compared by their day in UTC. ${description}`,
    tag: 'Contacts',
    body: searchBody,
    bodyExample: exampleSearch,
    response: contactList,
    responseExample: example,
    errors: ['pageCursorInvalid'],
    async handle(call) {
      const { dependencies, principal } = call;
      const { dataAttributes } = await dependencies.setups.get(principal.workspaceId);
      const table = withDays(contactTable, dataAttributes, 'contact');
      const search = readSearch(call.body as SearchBody, table, rules);
      if (!search.ok) return search;
      const { condition, paging } = search.value;
      return dependencies.searchTurns.run(principal.workspaceId, () =>
        answer(call, condition, paging, table),
      );
    },
  },
];

async function answer(
  { dependencies, principal: { workspaceId } }: AuthenticatedCall,
  condition: Condition | null,
  paging: Paging,
  table = contactTable,
) {
  const request = {
    condition,
    sort: paging.sort,
    after: paging.after,
    offset: offsetOf(paging),
    rowsMax: paging.perPage,
  };
  const read = async (connection: Connection) => {
    const { rowCounts } = dependencies;
    const found = await findListedContacts(connection, workspaceId, request, rowCounts, table);
    return ok({
      type: 'list',
      data: await readContactViews(connection, workspaceId, found.page.rows),
      total_count: found.totalCount,
      pages: presentPages(paging, found.page, found.totalCount),
    });
  };
  return readAs(dependencies.readPool, workspaceId, read, {
    statementTimeoutMs: limits.searchStatementTimeoutMs,
  });
}
