// A conversation with its newest parts, read from the database and made ready to be answered. Shared by the routes that
// show one; writes nothing.

import { limits } from '../../../base/limits.ts';
import { attached } from '../../../core/conversation/change.ts';
import type { StoredPart } from '../../../core/model/model.ts';
import { presentConversation } from '../../../core/presenters/conversation.ts';
import type { Connection } from '../../../database/pool.ts';
import { findTagApplications } from '../../../store/resources/audit-log.ts';
import { findContacts } from '../../../store/resources/contacts.ts';
import {
  findConversation,
  findFirstParts,
  findParts,
} from '../../../store/resources/conversations.ts';
import { findPartFiles } from '../../../store/resources/files.ts';
import { findTags } from '../../../store/resources/tags.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { RouteDependencies } from '../../server/route.ts';

/** The conversation as the wire shows it; null if the workspace has none of this id. */
export async function readConversationView(
  { readPool, setups }: RouteDependencies,
  workspaceId: number,
  id: number,
  isPlainText: boolean,
): Promise<object | null> {
  const view = await readAs(readPool, workspaceId, (connection) =>
    readView(connection, workspaceId, id),
  );
  if (view === null) return null;
  return presentConversation({ ...view, isPlainText, setup: await setups.get(workspaceId) });
}

async function readView(connection: Connection, workspaceId: number, id: number) {
  const conversation = await findConversation(connection, workspaceId, id);
  if (conversation === null) return null;
  const { conversationPartsMax, conversationBodiesBytesMax } = limits;
  const parts = await findParts(
    connection,
    workspaceId,
    id,
    conversationPartsMax,
    conversationBodiesBytesMax,
  );
  const { source } = conversation;
  const people = new Set([conversation.contactId, ...conversation.otherContactIds]);
  if (source?.contactId !== undefined) people.add(source.contactId);
  for (const { author } of parts) {
    if (author.type === 'user' || author.type === 'lead') people.add(author.id);
  }
  const contacts = await findContacts(connection, workspaceId, [...people]);
  const { tagIds } = conversation;
  const tags = await findTags(connection, workspaceId, tagIds);
  const object = { type: 'conversation', id: String(id) } as const;
  const tagApplications = await findTagApplications(connection, workspaceId, object, tagIds);
  const files = await findPartFiles(connection, workspaceId, id);
  const withFiles = (part: StoredPart) => ({ ...part, ...attached(files.get(part.position)) });
  const firstPart = source?.hasMessage ? await findFirst(connection, workspaceId, id, parts) : null;
  return {
    conversation,
    parts: files.size === 0 ? parts : parts.map(withFiles),
    firstPart: firstPart === null ? null : withFiles(firstPart),
    contacts,
    tags,
    tagApplications,
  };
}

/** Finds the first part, which is rarely older than the newest ones. */
async function findFirst(
  connection: Connection,
  workspaceId: number,
  id: number,
  newest: readonly StoredPart[],
): Promise<StoredPart | null> {
  const [oldest] = newest;
  if (oldest?.position === 1) return oldest;
  return (await findFirstParts(connection, workspaceId, [id])).get(id) ?? null;
}
