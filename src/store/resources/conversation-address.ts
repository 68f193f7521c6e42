// Finds what a signal must know to reach a conversation that is named by an id of ours, and which contact a caller
// means. Reads only; the engine decides who may act on it.

import type { Connection } from '../../database/pool.ts';

/** The keys by which the engine finds a conversation, and its participants. */
export type ConversationAddress = {
  readonly id: number;
  readonly channelId: number;
  readonly externalId: string;
  /** Ids of contacts, merges not followed. */
  readonly contactIds: readonly string[];
};

const columns = `id, channel_id as "channelId", external_id as "externalId",
  array_prepend(contact_id, other_contact_ids) as "contactIds"`;

export const lastConversationStatement = {
  name: 'find_last_conversation_address',
  text: `select ${columns} from conversations
    where workspace_id = $1 and contact_id = $2 and deleted_at is null
    order by id desc limit 1`,
};

/** The address of a conversation of any channel of the workspace, unless it was deleted. */
export async function findConversationAddress(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<ConversationAddress | null> {
  const { rows } = await connection.query<ConversationAddress>({
    name: 'find_conversation_address',
    text: `select ${columns} from conversations
      where workspace_id = $1 and id = $2 and deleted_at is null`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** The address of the conversation that a contact began last. */
export async function findLastConversationAddress(
  connection: Connection,
  workspaceId: number,
  contactId: string,
): Promise<ConversationAddress | null> {
  const { rows } = await connection.query<ConversationAddress>({
    ...lastConversationStatement,
    values: [workspaceId, contactId],
  });
  return rows[0] ?? null;
}

/** Our id of the conversation that an app knows by its own. */
export async function findConversationId(
  connection: Connection,
  channel: { readonly workspaceId: number; readonly id: number },
  externalId: string,
): Promise<number | null> {
  const { rows } = await connection.query<{ id: number }>({
    name: 'find_conversation_id',
    text: `select id from conversations
      where workspace_id = $1 and channel_id = $2 and external_id = $3 and deleted_at is null`,
    values: [channel.workspaceId, channel.id, externalId],
  });
  return rows[0]?.id ?? null;
}

/** The contact of an id, theirs or ours; a merged lead counts as its user. */
export async function findContactId(
  connection: Connection,
  workspaceId: number,
  name: { readonly by: 'id' | 'externalId'; readonly value: string },
): Promise<string | null> {
  const column = name.by === 'id' ? 'id' : 'external_id';
  const { rows } = await connection.query<{ id: string }>({
    name: `find_contact_by_${column}`,
    text: `select coalesce(merged_into, id) as id from contacts
      where workspace_id = $1 and ${column} = $2`,
    values: [workspaceId, name.value],
  });
  return rows[0]?.id ?? null;
}
