// The thread of a conversation, page by page: its parts, and what became of the buttons that were offered in them.

import type { StoredPart } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

type Querying = Pick<Connection, 'query'>;

/** Which parts: the newest, or those before or after a position. */
export type ThreadPage = {
  readonly before: number | null;
  readonly after: number | null;
  readonly count: number;
};

/** Reads a page of parts, oldest first. */
export async function readThread(
  connection: Querying,
  workspaceId: number,
  conversationId: number,
  { before, after, count }: ThreadPage,
): Promise<StoredPart[]> {
  const isForward = after !== null;
  const { rows } = await connection.query<StoredPart>({
    name: isForward ? 'inbox_thread_after' : 'inbox_thread_before',
    text: `select id, conversation_id as "conversationId", position, part_type as "partType", body,
        json_build_object('type', author_type, 'id', author_id) as author, external_id as "externalId",
        metadata, event_details as "eventDetails", state, assigned_to as "assignedTo",
        is_redacted as "isRedacted", created_at as "createdAt"
      from conversation_parts
      where workspace_id = $1 and conversation_id = $2 and position ${isForward ? '>' : '<'} $3
      order by position ${isForward ? 'asc' : 'desc'} limit $4`,
    values: [workspaceId, conversationId, after ?? before ?? 2_147_483_647, count],
  });
  return isForward ? rows : rows.reverse();
}

/** A choice of the contact, by the id of its button. */
export type Choice = { readonly position: number; readonly optionId: string };

/** Finds the choices after a position, and the position of the contact's last part. */
export async function findChoices(
  connection: Querying,
  workspaceId: number,
  conversationId: number,
  after: number,
): Promise<{ readonly choices: readonly Choice[]; readonly lastContactPosition: number }> {
  const { rows: choices } = await connection.query<Choice>({
    name: 'inbox_choices',
    text: `select position, metadata ->> 'quick_reply_uuid' as "optionId" from conversation_parts
      where workspace_id = $1 and conversation_id = $2 and position > $3
        and author_type in ('user', 'lead') and metadata ->> 'quick_reply_uuid' is not null
      order by position limit 200`,
    values: [workspaceId, conversationId, after],
  });
  const { rows } = await connection.query<{ position: number }>({
    name: 'inbox_last_contact_part',
    text: `select position from conversation_parts
      where workspace_id = $1 and conversation_id = $2 and author_type in ('user', 'lead')
      order by position desc limit 1`,
    values: [workspaceId, conversationId],
  });
  return { choices, lastContactPosition: rows[0]?.position ?? 0 };
}

/** Finds what another teammate did after a position that makes an answer surprising: an answer, a close, a take-over. */
export async function findMove(
  connection: Querying,
  workspaceId: number,
  conversationId: number,
  adminId: number,
  after: number,
): Promise<Pick<StoredPart, 'author' | 'partType' | 'createdAt' | 'position'> | null> {
  const { rows } = await connection.query<StoredPart>({
    name: 'inbox_move',
    text: `select position, part_type as "partType", created_at as "createdAt",
        json_build_object('type', author_type, 'id', author_id) as author
      from conversation_parts
      where workspace_id = $1 and conversation_id = $2 and position > $3
        and author_type = 'admin' and author_id <> $4
        and (part_type in ('comment', 'quick_reply', 'close')
          or part_type in ('assignment', 'assign_and_reopen')
            and assigned_to ->> 'type' = 'admin' and assigned_to ->> 'id' = author_id)
      order by position limit 1`,
    values: [workspaceId, conversationId, after, String(adminId)],
  });
  return rows[0] ?? null;
}

export type OtherConversation = {
  readonly id: number;
  readonly state: string;
  readonly updatedAt: number;
  readonly preview: string | null;
};

/** Finds the newest other conversations of a contact. */
export async function findOthers(
  connection: Querying,
  workspaceId: number,
  contactId: string,
  exceptId: number,
): Promise<OtherConversation[]> {
  const { rows } = await connection.query<OtherConversation>({
    name: 'inbox_other_conversations',
    text: `select v.id, v.state, v.updated_at as "updatedAt", (
        select left(p.body, 200) from conversation_parts p
        where p.workspace_id = $1 and p.conversation_id = v.id and p.body is not null and not p.is_redacted
        order by p.position desc limit 1) as preview
      from conversations v
      where v.workspace_id = $1 and v.contact_id = $2 and v.id <> $3 and v.deleted_at is null
      order by v.id desc limit 5`,
    values: [workspaceId, contactId, exceptId],
  });
  return rows;
}
