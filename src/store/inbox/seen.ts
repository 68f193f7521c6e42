// What each teammate has seen of a conversation, and the drafts of answers. Neither is part of the conversation, so
// neither goes through the engine.

import type { Connection } from '../../database/pool.ts';

type Querying = Pick<Connection, 'query'>;

/**
 * Notes up to which part a teammate has seen a conversation.
 * @param position may be lower than before: "unread from here".
 * @returns false if there is no such conversation.
 */
export async function saveSeenPosition(
  connection: Querying,
  workspaceId: number,
  adminId: number,
  conversationId: number,
  position: number,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'save_seen_position',
    text: `insert into seen_positions (workspace_id, admin_id, conversation_id, position)
      select $1, $2, id, least($4, part_count) from conversations
      where workspace_id = $1 and id = $3 and deleted_at is null
      on conflict (workspace_id, admin_id, conversation_id) do update set position = excluded.position`,
    values: [workspaceId, adminId, conversationId, position],
  });
  return rowCount === 1;
}

export type DraftKind = 'reply' | 'note';

export type Draft = {
  readonly kind: DraftKind;
  readonly body: string;
  readonly version: number;
  readonly updatedAt: number;
};

/** Lists the drafts of a teammate in a conversation. */
export async function findDrafts(
  connection: Querying,
  workspaceId: number,
  adminId: number,
  conversationId: number,
): Promise<Draft[]> {
  const { rows } = await connection.query<Draft>({
    name: 'find_drafts',
    text: `select kind, body, version, updated_at as "updatedAt" from drafts
      where workspace_id = $1 and conversation_id = $2 and admin_id = $3 and body <> '' order by kind`,
    values: [workspaceId, conversationId, adminId],
  });
  return rows;
}

export type SavedDraft =
  | { readonly state: 'saved'; readonly version: number }
  /** Another device saved it meanwhile. */
  | { readonly state: 'changed' }
  /** There is no such conversation. */
  | { readonly state: 'absent' };

/**
 * Saves a draft, unless it has changed since this version.
 * @param version of the draft that this one replaces; 0: there was none.
 */
export async function saveDraft(
  connection: Querying,
  workspaceId: number,
  adminId: number,
  conversationId: number,
  { kind, body, version }: Pick<Draft, 'kind' | 'body' | 'version'>,
): Promise<SavedDraft> {
  const { rows } = await connection.query<{ version: number | null }>({
    name: 'save_draft',
    text: `with conversation as (
        select id from conversations where workspace_id = $1 and id = $3 and deleted_at is null),
      saved as (
        insert into drafts as d (workspace_id, conversation_id, admin_id, kind, body, version)
        select $1, id, $2, $4, $5, $6::int + 1 from conversation
        on conflict (workspace_id, conversation_id, admin_id, kind) do update
          set body = excluded.body, version = d.version + 1, updated_at = now()
          where d.version = $6::int or d.body = ''
        returning version)
      select (select version from saved) as version from conversation`,
    values: [workspaceId, adminId, conversationId, kind, body, version],
  });
  const [row] = rows;
  if (row === undefined) return { state: 'absent' };
  return row.version === null ? { state: 'changed' } : { state: 'saved', version: row.version };
}
