// Lists and searches conversations (contract C and D.2).

import { limits } from '../../../base/limits.ts';
import { ok } from '../../../base/result.ts';
import type { Condition } from '../../../core/search/condition.ts';
import {
  conversationTable,
  type SearchedConversation,
} from '../../../core/search/conversation-fields.ts';
import { type StoredTable, withDays } from '../../../core/search/fields.ts';
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
import { exampleConversation } from './examples.ts';
import { readConversationItems } from './list-view.ts';
import { conversationList } from './schema.ts';

/** Newest first. */
const rules = {
  idType: 'bigint',
  perPageDefault: limits.conversationsPerPage,
  sort: { field: 'created_at', isDescending: true },
} as const;

const { conversation_parts: _, ...exampleItem } = exampleConversation;

const example = {
  type: 'conversation.list',
  conversations: [exampleItem],
  total_count: 1,
  pages: examplePages,
};

export const conversationListRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/conversations',
    operationId: 'listConversations',
    summary: 'List the conversations, newest first',
    description:
      'Without their parts. Concurrent changes make no conversation appear on two pages.',
    tag: 'Conversations',
    parameters: pagingParameters(limits.conversationsPerPage),
    response: conversationList,
    responseExample: example,
    errors: ['parameterInvalid', 'pageCursorInvalid'],
    async handle(call) {
      const query = call.request.query as object;
      const paging = readPaging(query, {
        ...rules,
        table: conversationTable,
        hasPageNumbers: false,
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
    path: '/conversations/search',
    operationId: 'searchConversations',
    summary: 'Search conversations',
    description: 'Changes are found at once. `<` and `>` include equal values.',
    tag: 'Conversations',
    body: searchBody,
    bodyExample: exampleSearch,
    response: conversationList,
    responseExample: example,
    errors: ['pageCursorInvalid'],
    async handle(call) {
      const { dependencies, principal } = call;
      const { dataAttributes } = await dependencies.setups.get(principal.workspaceId);
      const table = withDays(conversationTable, dataAttributes, 'conversation');
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
  table?: StoredTable<SearchedConversation>,
) {
  const { conversations, page, totalCount } = await readConversationItems(
    dependencies,
    workspaceId,
    {
      condition,
      sort: paging.sort,
      after: paging.after,
      offset: offsetOf(paging),
      rowsMax: paging.perPage,
    },
    table,
  );
  return ok({
    type: 'conversation.list',
    conversations,
    total_count: totalCount,
    pages: presentPages(paging, page, totalCount),
  });
}
