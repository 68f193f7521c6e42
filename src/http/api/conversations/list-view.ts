// A page of conversations with all that a list shows of them, read on one snapshot.

import { limits } from '../../../base/limits.ts';
import { attached } from '../../../core/conversation/change.ts';
import type { Conversation, StoredPart } from '../../../core/model/model.ts';
import { presentConversationItem } from '../../../core/presenters/conversation.ts';
import type { SearchedConversation } from '../../../core/search/conversation-fields.ts';
import type { StoredTable } from '../../../core/search/fields.ts';
import type { Connection } from '../../../database/pool.ts';
import { findTagApplicationsOfAll } from '../../../store/resources/audit-log.ts';
import { findContacts } from '../../../store/resources/contacts.ts';
import { findFirstParts, findSpeakers } from '../../../store/resources/conversations.ts';
import { findFirstPartFiles } from '../../../store/resources/files.ts';
import { findTags } from '../../../store/resources/tags.ts';
import { findConversations, type ListRequest } from '../../../store/search/find-conversations.ts';
import type { RowCounts } from '../../../store/search/row-counts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { RouteDependencies } from '../../server/route.ts';

/** Reads the conversations of a page, as the wire shows them. */
export async function readConversationItems(
  { readPool, rowCounts, setups }: RouteDependencies,
  workspaceId: number,
  request: ListRequest,
  table?: StoredTable<SearchedConversation>,
) {
  const found = await readAs(
    readPool,
    workspaceId,
    (connection) => readPage(connection, workspaceId, request, rowCounts, table),
    { statementTimeoutMs: limits.searchStatementTimeoutMs },
  );
  const setup = await setups.get(workspaceId);
  const { page, totalCount, contacts, tags, applications, speakers, firstParts } = found;
  const conversations = page.rows.map((conversation) =>
    presentConversationItem({
      conversation,
      contacts,
      tags: conversation.tagIds.flatMap((id) => tags.get(id) ?? []),
      tagApplications: applications.get(String(conversation.id)) ?? new Map(),
      speakerIds: speakers.get(conversation.id) ?? [],
      firstPart: firstParts.get(conversation.id) ?? null,
      isPlainText: false,
      setup,
    }),
  );
  return { conversations, page, totalCount };
}

async function readPage(
  connection: Connection,
  workspaceId: number,
  request: ListRequest,
  rowCounts: RowCounts,
  table: StoredTable<SearchedConversation> | undefined,
) {
  const { page, totalCount } = await findConversations(
    connection,
    workspaceId,
    request,
    rowCounts,
    table,
  );
  const people = page.rows.flatMap(({ contactId, otherContactIds, source }) => [
    contactId,
    ...otherContactIds,
    ...(source?.contactId === undefined ? [] : [source.contactId]),
  ]);
  const tagIds = page.rows.flatMap((conversation) => conversation.tagIds);
  const tags = await findTags(connection, workspaceId, [...new Set(tagIds)]);
  return {
    page,
    totalCount,
    contacts: await findContacts(connection, workspaceId, [...new Set(people)]),
    tags: new Map(tags.map((tag) => [tag.id, tag])),
    applications: await findTagApplicationsOfAll(
      connection,
      workspaceId,
      'conversation',
      page.rows,
    ),
    speakers: await findSpeakers(
      connection,
      workspaceId,
      page.rows.map(({ id }) => id),
    ),
    firstParts: await readFirstParts(connection, workspaceId, page.rows),
  };
}

/** Reads the messages that conversations began with; most began with an event of an app, without one. */
async function readFirstParts(
  connection: Connection,
  workspaceId: number,
  conversations: readonly Conversation[],
): Promise<ReadonlyMap<number, StoredPart>> {
  const ids = conversations.filter(({ source }) => source?.hasMessage).map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const parts = await findFirstParts(connection, workspaceId, ids);
  const files = await findFirstPartFiles(connection, workspaceId, ids);
  return new Map(
    [...parts].map(([id, part]) => [id, { ...part, ...attached(files.get(id)) }] as const),
  );
}
