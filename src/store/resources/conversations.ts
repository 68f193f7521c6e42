// Reads conversations and their parts. Writes go through the engine (engine/persist.ts).

import type { Conversation, StoredPart } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

/** Finds a conversation by its id, unless it was deleted. */
export async function findConversation(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Conversation | null> {
  const { rows } = await connection.query<Conversation>({
    name: 'find_conversation',
    text: `select id, external_id as "externalId", contact_id as "contactId",
        other_contact_ids as "otherContactIds", state, is_read as "isRead", is_priority as "isPriority",
        title, admin_assignee_id as "adminAssigneeId", team_assignee_id as "teamAssigneeId",
        custom_attributes as "customAttributes", waiting_since as "waitingSince",
        snoozed_until as "snoozedUntil", first_contact_reply_at as "firstContactReplyAt",
        last_contact_reply_at as "lastContactReplyAt", count_reopens as "countReopens",
        part_count as "partCount", tag_ids as "tagIds", run, held_by_admin_id as "heldByAdminId",
        event_count as "eventCount", signal_count as "signalCount",
        wake_at as "wakeAt", created_at as "createdAt", updated_at as "updatedAt"
      from conversations where workspace_id = $1 and id = $2 and deleted_at is null`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
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
    text: `select id, conversation_id as "conversationId", position, part_type as "partType", body,
        json_build_object('type', author_type, 'id', author_id) as author, external_id as "externalId",
        metadata, event_details as "eventDetails", state, assigned_to as "assignedTo",
        is_redacted as "isRedacted",
        created_at as "createdAt"
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
