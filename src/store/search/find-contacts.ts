// Lists and searches contacts: a sorted page of them, and their number. Merged leads and archived contacts are left
// out.

import type { Contact } from '../../core/model/model.ts';
import { contactTable } from '../../core/search/contact-fields.ts';
import type { StoredTable } from '../../core/search/fields.ts';
import type { Connection } from '../../database/pool.ts';
import { contactColumns } from '../resources/contacts.ts';
import { conditionSql } from './condition-sql.ts';
import type { Listing, ListRequest } from './find-conversations.ts';
import { countRows, findPage, type PageSource } from './page.ts';
import type { RowCounts } from './row-counts.ts';
import { code, sql } from './sql.ts';

/** Finds a page of contacts of a workspace. */
export async function findListedContacts(
  connection: Connection,
  workspaceId: number,
  { condition, ...request }: ListRequest,
  counts: RowCounts,
  table: StoredTable<Contact> = contactTable,
): Promise<Listing<Contact>> {
  const source: PageSource = {
    from: sql`contacts c`,
    columns: code(contactColumns('c')),
    id: code('c.id'),
    idType: 'text',
    always: sql`c.workspace_id = ${workspaceId} and c.merged_into is null
      and c.deleted_at is null and c.archived_at is null`,
  };
  const where = condition === null ? sql`true` : conditionSql(condition, table, workspaceId);
  return {
    page: await findPage(connection, table, source, { ...request, condition: where }),
    totalCount: await countRows(connection, source, where, counts),
  };
}
