// Finds the keys of a conversation that a caller names by Parley's id, and the contact that a caller names. Reads only;
// the engine decides who may act.

import { cleanText } from '../../contract/text.ts';
import type { Connection } from '../../database/pool.ts';

/** The keys with which the engine finds a conversation, and its participants. */
export type ConversationAddress = {
  readonly id: number;
  readonly channelId: number;
  readonly externalId: string;
  /** The ids of contacts, without following merges. */
  readonly contactIds: readonly string[];
};

const columns = `id, channel_id as "channelId", external_id as "externalId",
  array_prepend(contact_id, other_contact_ids) as "contactIds"`;

export const lastConversationStatement = {
  name: 'find_last_conversation_address',
  text: `select ${columns} from conversations
    where workspace_id = $1 and id = (select max(id) from (
      (select id from conversations
       where workspace_id = $1 and contact_id = $2 and deleted_at is null
       order by id desc limit 1)
      union all
      (select v.id from conversation_keys as k
       join conversations as v on v.workspace_id = $1 and v.id = k.conversation_id
       where k.workspace_id = $1 and k.key = search_key('contact', $2)
         and v.deleted_at is null and $2 = any (v.other_contact_ids)
       order by k.conversation_id desc limit 1)) as its)`,
};

/** Lists the conversations in which a contact takes part, the open ones first. @param isAll closed ones, too. */
export const addressesStatement = (isAll: boolean) => ({
  name: isAll ? 'find_conversation_addresses' : 'find_open_conversation_addresses',
  text: `select ${columns} from conversations
    where workspace_id = $1 and deleted_at is null ${isAll ? '' : "and state <> 'closed'"}
      and id in (
        select id from conversations
        where workspace_id = $1 and contact_id = $2 and deleted_at is null
        union all
        select v.id from conversation_keys as k
        join conversations as v on v.workspace_id = $1 and v.id = k.conversation_id
        where k.workspace_id = $1 and k.key = search_key('contact', $2)
          and v.deleted_at is null and $2 = any (v.other_contact_ids))
    order by state = 'closed', id desc`,
});

/** Lists the conversations that a teammate has and that are not closed. */
export async function findAddressesOfAdmin(
  connection: Connection,
  workspaceId: number,
  adminId: number,
): Promise<ConversationAddress[]> {
  const { rows } = await connection.query<ConversationAddress>({
    name: 'find_addresses_of_admin',
    text: `select ${columns} from conversations
      where workspace_id = $1 and admin_assignee_id = $2 and state in ('open', 'snoozed')
        and deleted_at is null
      order by id`,
    values: [workspaceId, adminId],
  });
  return rows;
}

/** Finds the address of a conversation in any channel of the workspace, unless it was deleted. */
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

/** Finds the address of a conversation, also of one that was deleted. */
export async function findAddressOnceThere(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<ConversationAddress | null> {
  const { rows } = await connection.query<ConversationAddress>({
    name: 'find_address_once_there',
    text: `select ${columns} from conversations where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Finds the address of the newest conversation in which a contact takes part. */
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

/** Finds Parley's id of a conversation by the app's id. */
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

/** Finds a contact by e-mail: a user rather than a lead, the newest of several. */
export async function findContactIdByEmail(
  connection: Connection,
  workspaceId: number,
  email: string,
): Promise<string | null> {
  if (!isStorable(email)) return null;
  const { rows } = await connection.query<{ id: string }>({
    name: 'find_contact_by_email',
    text: `select id from contacts
      where workspace_id = $1 and email_key = fold_case($2) and merged_into is null and deleted_at is null
      order by role = 'user' desc, id desc limit 1`,
    values: [workspaceId, email],
  });
  return rows[0]?.id ?? null;
}

/** Finds a contact by the app's id or Parley's; a merged lead counts as its user. */
export async function findContactId(
  connection: Connection,
  workspaceId: number,
  name: { readonly by: 'id' | 'externalId'; readonly value: string },
): Promise<string | null> {
  if (!isStorable(name.value)) return null;
  const column = name.by === 'id' ? 'id' : 'external_id';
  const { rows } = await connection.query<{ id: string }>({
    name: `find_contact_by_${column}`,
    text: `select coalesce(merged_into, id) as id from contacts
      where workspace_id = $1 and ${column} = $2 and deleted_at is null`,
    values: [workspaceId, name.value],
  });
  return rows[0]?.id ?? null;
}

/** PostgreSQL rejects a NUL and a lone surrogate even in a query; no row has a text with one. */
const isStorable = (text: string): boolean => cleanText(text) === text;

/**
 * Lists the addresses of the conversations in which a contact takes part, the open ones first.
 * @param isAll closed ones, too.
 */
export async function findConversationAddresses(
  connection: Connection,
  workspaceId: number,
  contactId: string,
  isAll: boolean,
): Promise<ConversationAddress[]> {
  const { rows } = await connection.query<ConversationAddress>({
    ...addressesStatement(isAll),
    values: [workspaceId, contactId],
  });
  return rows;
}
