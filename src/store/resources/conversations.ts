// Reads conversations and their parts. Writes go through the engine (engine/persist.ts).

import type { Conversation, StoredPart } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

/** The columns of a conversation, of the rows under an alias. */
export const conversationColumns = (v: string): string =>
  `${v}.id, ${v}.external_id as "externalId", ${v}.contact_id as "contactId",
    ${v}.other_contact_ids as "otherContactIds", ${v}.source, ${v}.state, ${v}.is_read as "isRead",
    ${v}.is_priority as "isPriority", ${v}.title, ${v}.admin_assignee_id as "adminAssigneeId",
    ${v}.team_assignee_id as "teamAssigneeId", ${v}.custom_attributes as "customAttributes",
    ${v}.waiting_since as "waitingSince", ${v}.snoozed_until as "snoozedUntil",
    ${v}.first_contact_reply_at as "firstContactReplyAt",
    ${v}.last_contact_reply_at as "lastContactReplyAt", ${v}.count_reopens as "countReopens",
    coalesce(${v}.statistics, '{}') as statistics,
    ${v}.part_count as "partCount", ${v}.tag_ids as "tagIds", ${v}.run,
    ${v}.held_by_admin_id as "heldByAdminId", ${v}.event_count as "eventCount",
    ${v}.signal_count as "signalCount", ${v}.wake_at as "wakeAt", ${v}.created_at as "createdAt",
    ${v}.updated_at as "updatedAt"`;

/** Finds a conversation by its id, unless it was deleted. */
export async function findConversation(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Conversation | null> {
  const { rows } = await connection.query<Conversation>({
    name: 'find_conversation',
    text: `select ${conversationColumns('v')}
      from conversations v where v.workspace_id = $1 and v.id = $2 and v.deleted_at is null`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

const partColumns = `id, conversation_id as "conversationId", position, part_type as "partType", body,
        json_build_object('type', author_type, 'id', author_id) as author, external_id as "externalId",
        metadata, event_details as "eventDetails", state, assigned_to as "assignedTo",
        is_redacted as "isRedacted", created_at as "createdAt"`;

/** The first parts of conversations, by the conversation. */
export async function findFirstParts(
  connection: Connection,
  workspaceId: number,
  conversationIds: readonly number[],
): Promise<ReadonlyMap<number, StoredPart>> {
  const { rows } = await connection.query<StoredPart>({
    name: 'find_first_parts',
    text: `select ${partColumns} from conversation_parts
      where workspace_id = $1 and conversation_id = any($2::bigint[]) and position = 1`,
    values: [workspaceId, conversationIds],
  });
  return new Map(rows.map((part) => [part.conversationId, part]));
}

/**
 * Reads the newest parts of a conversation, oldest first.
 * @param bodiesBytesMax the most bytes of text together; the newest part is always included.
 */
export async function findParts(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
  partsMax: number,
  bodiesBytesMax: number,
): Promise<StoredPart[]> {
  const { rows } = await connection.query<StoredPart>({
    name: 'find_parts',
    text: `select ${partColumns}
      from (
        select *, coalesce(sum(octet_length(body)) over (
            order by position desc rows between unbounded preceding and 1 preceding), 0) as newer_bytes
        from (
          select * from conversation_parts where workspace_id = $1 and conversation_id = $2
          order by position desc limit $3) as newest) as measured
      where newer_bytes + coalesce(octet_length(body), 0) <= $4 or newer_bytes = 0
      order by position desc`,
    values: [workspaceId, conversationId, partsMax, bodiesBytesMax],
  });
  return rows.reverse();
}

/** The teammates who spoke in conversations, by the conversation. */
export async function findSpeakers(
  connection: Connection,
  workspaceId: number,
  conversationIds: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { rows } = await connection.query<{ id: number; speakers: string[] }>({
    name: 'find_speakers',
    text: `select v.id, array(
        select p.author_id from conversation_parts p
        where p.workspace_id = $1 and p.conversation_id = v.id and p.author_type = 'admin'
        group by p.author_id order by min(p.position)) as speakers
      from unnest($2::bigint[]) as v(id)`,
    values: [workspaceId, conversationIds],
  });
  return new Map(rows.map(({ id, speakers }) => [id, speakers]));
}

export type FoundPart = Pick<StoredPart, 'id' | 'position' | 'partType' | 'isRedacted'>;

/** Finds a part: its position, its type, and whether its text was removed. */
export async function findPartByPartId(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
  id: number,
): Promise<FoundPart | null> {
  const { rows } = await connection.query<FoundPart>({
    name: 'find_part_by_id',
    text: `select id, position, part_type as "partType", is_redacted as "isRedacted"
      from conversation_parts where workspace_id = $1 and conversation_id = $2 and id = $3`,
    values: [workspaceId, conversationId, id],
  });
  return rows[0] ?? null;
}
