// Reads the activities of teammates in the workspace from the audit log. Single contacts and conversations have their
// own histories and are left out.

import type { Activity } from '../../core/model/activity.ts';
import type { Connection } from '../../database/pool.ts';

export type ActivityFilter = {
  /** The time range in unix seconds, both ends included. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
};

const condition = `workspace_id = $1 and actor_type = 'admin'
  and object_type <> 'contact' and object_type <> 'conversation' and object_type <> 'note'
  and created_at >= to_timestamp($2) and created_at < to_timestamp($3) + interval '1 second'`;

/** Finds the activities of a time range, newest first. @param beforeId only activities older than this one. */
export async function findActivities(
  connection: Connection,
  workspaceId: number,
  { fromSeconds, toSeconds }: ActivityFilter,
  page: { readonly beforeId: number | null; readonly count: number },
): Promise<Activity[]> {
  const { rows } = await connection.query<Activity>({
    name: 'find_activities',
    text: `select id, created_at as "createdAt", actor_id as "adminId", action, object_type as "objectType",
        object_id as "objectId", details
      from audit_log
      where ${condition} and ($4::bigint is null or (created_at, id) < (
        select a.created_at, a.id from audit_log a where a.workspace_id = $1 and a.id = $4))
      order by created_at desc, id desc limit $5`,
    values: [workspaceId, fromSeconds, toSeconds, page.beforeId, page.count],
  });
  return rows;
}

export async function countActivities(
  connection: Connection,
  workspaceId: number,
  { fromSeconds, toSeconds }: ActivityFilter,
): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    name: 'count_activities',
    text: `select count(*) from audit_log where ${condition}`,
    values: [workspaceId, fromSeconds, toSeconds],
  });
  return rows[0]!.count;
}
