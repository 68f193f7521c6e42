// The rows of the lists of the inbox: what a line shows of a conversation, read for a page at once.

import type { ContactRole, ConversationState } from '../../core/model/model.ts';
import type { WorkflowRun } from '../../core/workflow/run/run.ts';
import type { Connection } from '../../database/pool.ts';

/** The most characters of the last words. */
const PREVIEW_CHARACTERS_MAX = 200;

export type InboxRow = {
  readonly id: number;
  readonly version: number;
  readonly state: ConversationState;
  readonly channelId: number;
  readonly title: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly waitingSince: number | null;
  readonly snoozedUntil: number | null;
  readonly adminAssigneeId: number | null;
  readonly teamAssigneeId: number | null;
  readonly isPriority: boolean;
  readonly tagIds: readonly number[];
  readonly partCount: number;
  readonly run: WorkflowRun | null;
  readonly heldByAdminId: number | null;
  /** The last part that the teammate has seen; 0: none. */
  readonly seenPosition: number;
  /** Whether the contact wrote after it. */
  readonly isUnread: boolean;
  readonly contact: {
    readonly id: string;
    readonly role: ContactRole;
    readonly name: string | null;
    readonly email: string | null;
  } | null;
  readonly last: {
    readonly partType: string;
    readonly text: string;
    readonly authorType: string;
    readonly authorId: string;
    readonly at: number;
  } | null;
};

/** Reads the rows of conversations, in the order of the ids; those that are not there are missing. */
export async function readInboxRows(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  adminId: number,
  ids: readonly number[],
): Promise<InboxRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await connection.query<InboxRow>({
    name: 'inbox_rows',
    text: `select v.id, v.version, v.state, v.channel_id as "channelId", v.title, v.created_at as "createdAt",
        v.updated_at as "updatedAt", v.waiting_since as "waitingSince", v.snoozed_until as "snoozedUntil",
        v.admin_assignee_id as "adminAssigneeId", v.team_assignee_id as "teamAssigneeId",
        v.is_priority as "isPriority", v.tag_ids as "tagIds", v.part_count as "partCount", v.run,
        v.held_by_admin_id as "heldByAdminId", coalesce(s.position, 0) as "seenPosition",
        exists (
          select from conversation_parts p
          where p.workspace_id = $1 and p.conversation_id = v.id and p.position > coalesce(s.position, 0)
            and p.author_type in ('user', 'lead')) as "isUnread",
        (select json_build_object('id', c.id, 'role', c.role, 'name', c.name, 'email', c.email)
          from contacts asked
          join contacts c on c.workspace_id = $1
            and c.id = case when asked.merged_into is null then asked.id else asked.merged_into end
          where asked.workspace_id = $1 and asked.id = v.contact_id) as contact,
        (select json_build_object('partType', p.part_type, 'text', left(p.body, ${PREVIEW_CHARACTERS_MAX}),
            'authorType', p.author_type, 'authorId', p.author_id, 'at', ms(p.created_at))
          from conversation_parts p
          where p.workspace_id = $1 and p.conversation_id = v.id and p.body is not null and not p.is_redacted
          order by p.position desc limit 1) as last
      from unnest($3::bigint[]) with ordinality as asked(id, n)
      join conversations v on v.workspace_id = $1 and v.id = asked.id and v.deleted_at is null
      left join seen_positions s
        on s.workspace_id = $1 and s.admin_id = $2 and s.conversation_id = v.id
      order by asked.n`,
    values: [workspaceId, adminId, ids],
  });
  return rows;
}
