// The pieces of the engine's writing statement that delete a conversation: its row stays without content, so that its
// id means nothing else and its events can be delivered. They stay in the log, without words.

import { bigint, type Columns, integer, timestamptz } from '../sql/column-arrays.ts';
import type { ConversationWrite } from './group-write.ts';
import { type Piece, piece } from './persist-piece.ts';

const rowsOf = ({ conversations }: { readonly conversations: readonly ConversationWrite[] }) =>
  conversations.filter(({ isDeleted }) => isDeleted);

const key: Columns<ConversationWrite> = {
  workspace_id: bigint((row) => row.workspaceId),
  conversation_id: bigint((row) => row.id),
};

const contentTables = [
  'conversation_parts',
  'conversation_signals',
  'quick_reply_options',
  'attribute_requests',
  'part_files',
];

export const deletionPieces: readonly Piece[] = [
  piece<ConversationWrite>({
    // The version check makes sure that nothing was added since the load, so the other pieces see all there is.
    name: 'deleted_conversations',
    isUpdate: true,
    rowsOf,
    columns: {
      ...key,
      deleted_at: timestamptz((row) => row.updatedAt),
      event_count: integer((row) => row.eventCount),
      version: integer((row) => row.readVersion + 1),
    },
    sql: ({ rows }) => `update conversations as v set
    deleted_at = r.deleted_at, updated_at = r.deleted_at, event_count = r.event_count, version = r.version,
    state = 'closed', title = null, custom_attributes = '{}', tag_ids = '{}', part_count = 0, statistics = null,
    source = null, run = null, held_by_admin_id = null, wake_at = null, snoozed_until = null, waiting_since = null
  from (select ${rows}) as r
  where v.workspace_id = r.workspace_id and v.id = r.conversation_id and v.version = r.version - 1
    and v.deleted_at is null
  returning true as was_there`,
  }),
  ...contentTables.map((table) =>
    piece<ConversationWrite>({
      name: `deleted_${table}`,
      rowsOf,
      columns: key,
      sql: ({ rows }) => `delete from ${table} as t using (select ${rows}) as r
  where t.workspace_id = r.workspace_id and t.conversation_id = r.conversation_id`,
    }),
  ),
  piece<ConversationWrite>({
    // The keys of the row itself are the trigger's.
    name: 'deleted_speakers',
    rowsOf,
    columns: key,
    sql: ({ rows }) => `delete from conversation_keys as k using (select ${rows}) as r
  where k.workspace_id = r.workspace_id and k.conversation_id = r.conversation_id
    and k.key in (
      select search_key('speaker', p.author_id) from conversation_parts as p
      where p.workspace_id = r.workspace_id and p.conversation_id = r.conversation_id
        and p.author_type = 'admin')`,
  }),
  piece<ConversationWrite>({
    // The bytes go unless another conversation has the file too (src/jobs/old-files.ts).
    name: 'deleted_files',
    rowsOf,
    columns: key,
    sql: ({ rows }) => `update files as f set remove_at = now()
  from (select ${rows}) as r
  join part_files p on p.workspace_id = r.workspace_id and p.conversation_id = r.conversation_id
  where f.workspace_id = p.workspace_id and f.id = p.file_id`,
  }),
  piece<ConversationWrite>({
    name: 'silenced_events',
    rowsOf,
    columns: key,
    sql: ({ rows }) => `update outbound_events as e set body = without_words(e.body, null)
  from (select ${rows}) as r
  where e.workspace_id = r.workspace_id and e.conversation_id = r.conversation_id`,
  }),
];
