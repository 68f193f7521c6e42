// Lists and searches conversations: a sorted page of them, and their number.

import type { Conversation } from '../../core/model/model.ts';
import type { Condition } from '../../core/search/condition.ts';
import {
  conversationTable,
  type SearchedConversation,
} from '../../core/search/conversation-fields.ts';
import type { StoredTable } from '../../core/search/fields.ts';
import type { Connection } from '../../database/pool.ts';
import { conversationColumns } from '../resources/conversations.ts';
import { conditionSql } from './condition-sql.ts';
import { countRows, findPage, type Page, type PageRequest, type PageSource } from './page.ts';
import type { RowCounts } from './row-counts.ts';
import { code, sql } from './sql.ts';

export type Listing<Row> = { readonly page: Page<Row>; readonly totalCount: number };

/** A request for a page of all conversations, or of those that match a condition. */
export type ListRequest = Omit<PageRequest, 'condition'> & { readonly condition: Condition | null };

/**
 * The contact or the teammate who began a conversation; a merged lead counts as its user. `case` instead of `coalesce`,
 * which PostgreSQL takes for leaky: it would read all contacts.
 */
const author = sql`
  left join contacts named
    on named.workspace_id = v.workspace_id and v.source ->> 'adminId' is null
    and named.id = case when v.begun_by is null then v.contact_id else v.begun_by end
  left join contacts a on a.workspace_id = v.workspace_id
    and a.id = case when named.merged_into is null then named.id else named.merged_into end
  left join admins d on d.workspace_id = v.workspace_id and d.id = (v.source ->> 'adminId')::bigint`;

const isOfAuthor = (field: string): boolean => field.startsWith('source.author.');

const namesAuthor = (condition: Condition): boolean =>
  'field' in condition ? isOfAuthor(condition.field) : condition.value.some(namesAuthor);

/** Finds a page of conversations of a workspace, without deleted ones. */
export async function findConversations(
  connection: Connection,
  workspaceId: number,
  { condition, ...request }: ListRequest,
  counts: RowCounts,
  table: StoredTable<SearchedConversation> = conversationTable,
): Promise<Listing<Conversation>> {
  const needsAuthor =
    isOfAuthor(request.sort.field) || (condition !== null && namesAuthor(condition));
  const source: PageSource = {
    from: sql`conversations v${needsAuthor ? author : code('')}`,
    columns: code(conversationColumns('v')),
    id: code('v.id'),
    idType: 'bigint',
    always: sql`v.workspace_id = ${workspaceId} and v.deleted_at is null`,
  };
  const where = condition === null ? sql`true` : conditionSql(condition, table, workspaceId);
  return {
    page: await findPage(connection, table, source, { ...request, condition: where }),
    totalCount: await countRows(connection, source, where, counts),
  };
}
