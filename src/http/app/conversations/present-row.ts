// A conversation as a line of a list.

import type { WorkspaceSetup } from '../../../core/conversation/transition-context.ts';
import type { WorkflowRun } from '../../../core/workflow/run/run.ts';
import type { InboxRow } from '../../../store/inbox/rows.ts';
import type { Row } from './schema.ts';

type Names = Pick<WorkspaceSetup, 'admins' | 'teams' | 'tags'>;

export function presentRow(row: InboxRow, setup: Names): Row {
  return {
    id: String(row.id),
    version: row.version,
    state: row.state,
    channel_id: String(row.channelId),
    contact: row.contact,
    title: row.title,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    waiting_since: row.waitingSince,
    snoozed_until: row.snoozedUntil,
    admin_assignee_id: row.adminAssigneeId === null ? null : String(row.adminAssigneeId),
    team_assignee_id: row.teamAssigneeId === null ? null : String(row.teamAssigneeId),
    is_priority: row.isPriority,
    is_unread: row.isUnread,
    seen_position: row.seenPosition,
    last_position: row.partCount,
    tags: row.tagIds.flatMap((id) => {
      const tag = setup.tags.get(id);
      return tag === undefined ? [] : [{ id: String(id), name: tag.name }];
    }),
    preview: presentPreview(row, setup),
    holder: presentHolder(row),
  };
}

function presentPreview({ last, contact }: InboxRow, setup: Names): Row['preview'] {
  if (last === null) return null;
  const { authorType: type, authorId: id } = last;
  const name = nameOfAuthor({ type, id }, setup) ?? (isContact(type) ? contact?.name : null);
  return {
    text: last.text,
    kind: last.partType,
    author: { type, id, name: name ?? null },
    at: last.at,
  };
}

export const isContact = (authorType: string): boolean =>
  authorType === 'user' || authorType === 'lead';

/** The name of an author who belongs to the workspace. */
export function nameOfAuthor(
  { type, id }: { readonly type: string; readonly id: string },
  { admins, teams }: Pick<Names, 'admins' | 'teams'>,
): string | null {
  if (type === 'admin') return admins.get(Number(id))?.name ?? null;
  return type === 'team' ? (teams.get(Number(id))?.name ?? null) : null;
}

function presentHolder({
  heldByAdminId,
  run,
}: Pick<InboxRow, 'heldByAdminId' | 'run'>): Row['holder'] {
  if (heldByAdminId !== null) return { kind: 'teammate', admin_id: String(heldByAdminId) };
  return run?.waiting ? holdingRun(run, run.waiting) : { kind: 'none' };
}

const holdingRun = (run: WorkflowRun, waiting: NonNullable<WorkflowRun['waiting']>) => ({
  kind: 'workflow' as const,
  workflow_id: String(run.workflowId),
  workflow_name: run.name,
  version: run.version,
  step_id: run.stepId,
  waits_for: waiting.for === 'message' ? ('reply' as const) : waiting.for,
  since: waiting.sinceMs,
  until: waiting.untilMs,
});
