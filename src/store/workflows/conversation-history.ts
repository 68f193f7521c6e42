// Reads all that a replay needs: the record of a conversation, and every workflow version that it may have run in.
// For administrators: it loads long conversations completely. Writes nothing.

import type {
  HistoricEvent,
  HistoricPart,
  HistoricSignal,
  History,
} from '../../core/conversation/history.ts';
import { contactId } from '../../core/conversation/ids.ts';
import type { Contact } from '../../core/model/model.ts';
import type { WorkflowVersion } from '../../core/workflow/definition.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { findContacts } from '../resources/contacts.ts';
import { findConversation } from '../resources/conversations.ts';
import { readAll } from '../sql/row-level-security.ts';

/** Reads the whole record of a conversation at one moment; null if there is none with this id. */
export function readHistory(
  pool: Pool,
  workspaceId: number,
  conversationId: number,
): Promise<History | null> {
  return readAll(pool, (connection) => readEverything(connection, workspaceId, conversationId));
}

async function readEverything(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<History | null> {
  const conversation = await findConversation(connection, workspaceId, id);
  if (conversation === null) return null;
  const contacts = await findContacts(connection, workspaceId, [conversation.contactId]);
  const contact = contacts.get(conversation.contactId);
  if (contact === undefined) return null;
  const { rows } = await connection.query<{ channelId: number; createdBySignal: number }>(
    `select channel_id as "channelId", created_by_signal as "createdBySignal"
      from conversations where workspace_id = $1 and id = $2`,
    [workspaceId, id],
  );
  const { channelId, createdBySignal } = rows[0]!;
  return {
    channelId,
    conversation,
    contact,
    isContactNew: isMadeBy(contact, createdBySignal),
    createdBySignal,
    parts: await readParts(connection, workspaceId, id),
    signals: await readSignals(connection, workspaceId, id),
    events: await readEvents(connection, workspaceId, id),
  };
}

/** Whether a signal created the contact: effect 0 of a signal is its contact. */
const isMadeBy = ({ id, createdAt }: Contact, signalNumber: number): boolean =>
  id === contactId(signalNumber, 0, createdAt);

async function readParts(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
): Promise<HistoricPart[]> {
  const { rows } = await connection.query<HistoricPart>(
    `select id, conversation_id as "conversationId", position, part_type as "partType", body,
        json_build_object('type', author_type, 'id', author_id) as author, external_id as "externalId",
        metadata, event_details as "eventDetails", state, assigned_to as "assignedTo",
        is_redacted as "isRedacted", created_at as "createdAt", created_by_signal as "signalNumber"
      from conversation_parts where workspace_id = $1 and conversation_id = $2 order by position`,
    [workspaceId, conversationId],
  );
  return rows;
}

async function readSignals(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
): Promise<HistoricSignal[]> {
  const { rows } = await connection.query<HistoricSignal>(
    `select ordinal, signal_number as "signalNumber", kind, content, trace, received_at as "receivedAt"
      from conversation_signals where workspace_id = $1 and conversation_id = $2 order by ordinal`,
    [workspaceId, conversationId],
  );
  return rows;
}

async function readEvents(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
): Promise<HistoricEvent[]> {
  const { rows } = await connection.query<HistoricEvent>(
    `select sequence, name, body, created_at as "createdAt"
      from outbound_events where workspace_id = $1 and conversation_id = $2 order by sequence`,
    [workspaceId, conversationId],
  );
  return rows;
}

/** Reads every version of every workflow of a workspace, by id and version. */
export async function readAllVersions(pool: Pool, workspaceId: number): Promise<WorkflowVersion[]> {
  const { rows } = await pool.query<WorkflowVersion>(
    `select workflow_id as "workflowId", version, definition from workflow_versions
      where workspace_id = $1 order by workflow_id, version`,
    [workspaceId],
  );
  return rows;
}
